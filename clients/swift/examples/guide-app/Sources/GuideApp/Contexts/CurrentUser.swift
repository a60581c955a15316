/// Who sends a request: what the app needs to know of a row of `users`.
struct CurrentUser: Decodable, Sendable {
    let id: Int64
    let name: String
    let email: String
    let role: String?

    /// - Throws: ``Refusal`` 403 for who has another role.
    func require(role: String) throws(Refusal) {
        if self.role != role { throw Refusal(.forbidden, "Requires one of roles: \(role)") }
    }
}
