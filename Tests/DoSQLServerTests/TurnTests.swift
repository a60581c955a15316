import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Testing

@testable import DoSQLServer

/// Who is next: queues in which tenants take turns, and the bounds of those who have shown nothing.
struct TurnTests {
    @Test func `owners take turns, whoever came with most`() {
        var queue = TurnQueue<String, Int>()
        for item in 0..<100 { queue.add(item, of: "flood") }
        queue.add(100, of: "other")
        queue.add(101, of: "third")
        // One thread: what it takes is finished before the next.
        var order: [String] = []
        for _ in 0..<4 {
            guard let next = queue.next() else { break }
            order.append(next.owner)
            queue.finish(next.owner)
        }
        #expect(order == ["flood", "other", "third", "flood"])
        #expect(queue.waiting == 98 && queue.working == 0)
    }

    @Test func `one that has a worker gets another only if nobody waits who has none`() {
        var queue = TurnQueue<String, Int>()
        for item in 0..<10 { queue.add(item, of: "flood") }
        #expect(queue.next()?.owner == "flood")
        #expect(queue.next()?.owner == "flood")
        queue.add(10, of: "other")
        queue.add(11, of: "other")
        #expect(queue.next()?.owner == "other")
        // Both have workers: in the order in which they came to wait.
        #expect(queue.next()?.owner == "flood")
        #expect(queue.next()?.owner == "other")
        #expect(queue.next()?.owner == "flood")
        queue.finish("other")
        queue.finish("other")
        queue.add(12, of: "other")
        #expect(queue.next()?.owner == "other")
        #expect(queue.working == 5)
    }

    @Test func `an owner's items keep their order, and nothing is lost or done twice`() {
        var queue = TurnQueue<Int, Int>()
        var random = SystemRandomNumberGenerator()
        var added = [Int](repeating: 0, count: 5)
        var taken = [Int](repeating: 0, count: 5)
        var working: [Int] = []
        for _ in 0..<20_000 {
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                let owner = Int.random(in: 0..<5, using: &random)
                queue.add(added[owner], of: owner)
                added[owner] += 1
            case 1:
                let idle = (0..<5).filter { added[$0] > taken[$0] && !working.contains($0) }
                guard let next = queue.next() else {
                    #expect(added == taken)
                    continue
                }
                #expect(next.item == taken[next.owner])
                if !idle.isEmpty { #expect(idle.contains(next.owner)) }
                taken[next.owner] += 1
                working.append(next.owner)
            default:
                guard let owner = working.randomElement(using: &random), let index = working.firstIndex(of: owner)
                else {
                    continue
                }
                working.remove(at: index)
                queue.finish(owner)
            }
            #expect(queue.working == working.count)
        }
        while let next = queue.next() {
            #expect(next.item == taken[next.owner])
            taken[next.owner] += 1
        }
        #expect(added == taken && queue.waiting == 0)
    }

    @Test func `whoever has shown nothing for longest makes room`() {
        var unproven = Unproven(most: 2)
        #expect(unproven.add(1) == nil && unproven.add(2) == nil)
        #expect(unproven.add(3) == 1)
        unproven.remove(2)
        #expect(unproven.add(4) == nil)
        #expect(unproven.add(5) == 3)
        #expect(unproven.count == 2)
        // Those who prove themselves leave nothing behind.
        for id in 10..<100_000 as Range<UInt64> {
            _ = unproven.add(id)
            if id % 3 != 0 { unproven.remove(id) }
        }
        #expect(unproven.count <= 2)
    }

    @Test func `connections are counted by address, and those of the machine itself are not bounded by default`() {
        let other = PeerAddress([192, 0, 2, 1])
        let census = ConnectionCensus(connectionsMax: 3000, addressMax: nil)
        for _ in 0..<1024 { #expect(census.admit(other) == nil) }
        let refusal = census.admit(other)
        #expect(refusal?.code == .tooManyConnections)
        #expect(refusal?.limit?.name == "addressConnectionsMax" && refusal?.limit?.value == 1024)
        for _ in 0..<1976 { #expect(census.admit(PeerAddress([127, 0, 0, 1])) == nil) }
        #expect(census.admit(PeerAddress([127, 0, 0, 1]))?.limit?.name == "connectionsMax")
        census.ended(other)
        #expect(census.admit(other) == nil)
        let strict = ConnectionCensus(connectionsMax: 10, addressMax: 1)
        #expect(strict.admit(PeerAddress([127, 0, 0, 1])) == nil)
        #expect(strict.admit(PeerAddress([127, 0, 0, 1]))?.limit?.value == 1)
        #expect(strict.admit(PeerAddress([127, 0, 0, 2])) == nil)
    }

    @Test func `an IPv6 site is one address, and an IPv4 address the same on either kind of socket`() {
        let site: [UInt8] = [0x20, 1, 0x0D, 0xB8, 0, 1, 0, 2]
        #expect(PeerAddress(site + [0, 0, 0, 0, 0, 0, 0, 1]) == PeerAddress(site + [9, 9, 9, 9, 9, 9, 9, 9]))
        #expect(
            PeerAddress(site + [UInt8](repeating: 0, count: 8)) != PeerAddress([UInt8](repeating: 0, count: 15) + [1]))
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 7]
        #expect(PeerAddress(mapped) == PeerAddress([192, 0, 2, 7]))
        #expect(PeerAddress([UInt8](repeating: 0, count: 15) + [1]).isOwnMachine)
        #expect(PeerAddress([127, 9, 9, 9]).isOwnMachine && !PeerAddress([10, 0, 0, 1]).isOwnMachine)
    }
}
