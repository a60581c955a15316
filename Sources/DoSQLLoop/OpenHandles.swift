internal import CLibuv

/// What is still on a loop: the kinds of its open handles, and how many only wait for their close callback.
struct OpenHandles {
    private(set) var names: [String] = []
    private(set) var closingCount = 0

    @unsafe
    init(of loop: UnsafeMutablePointer<uv_loop_t>) {
        unsafe withUnsafeMutablePointer(to: &self) { found in
            unsafe uv_walk(
                loop,
                { handle, found in
                    let found = unsafe found!.assumingMemoryBound(to: OpenHandles.self)
                    if unsafe uv_is_closing(handle) != 0 {
                        unsafe found.pointee.closingCount += 1
                    } else {
                        unsafe found.pointee.names.append(
                            String(cString: uv_handle_type_name(uv_handle_get_type(handle))))
                    }
                }, found)
        }
    }
}
