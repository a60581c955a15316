import DoSQLWebSocket
import Testing

@Suite struct KeepaliveTests {
    @Test func `a silent connection is pinged, then dead`() {
        var keepalive = WebSocketKeepalive(pingInterval: 30, pongTimeout: 10, now: 100)
        #expect(keepalive.nextDeadline == 130)
        #expect(keepalive.timeout(now: 129) == .none)
        #expect(keepalive.timeout(now: 130) == .ping)
        #expect(keepalive.nextDeadline == 140)
        #expect(keepalive.timeout(now: 139) == .none)
        #expect(keepalive.timeout(now: 140) == .dead)
    }

    @Test func `whatever is heard begins the interval anew`() {
        var keepalive = WebSocketKeepalive(pingInterval: 30, pongTimeout: 10, now: 0)
        keepalive.heard(now: 20)
        #expect(keepalive.timeout(now: 49) == .none)
        #expect(keepalive.timeout(now: 50) == .ping)
        keepalive.heard(now: 55)
        #expect(keepalive.timeout(now: 60) == .none)
        #expect(keepalive.nextDeadline == 85)
        #expect(keepalive.timeout(now: 85) == .ping)
    }

    @Test func `times that cannot be reached are never due`() {
        var keepalive = WebSocketKeepalive(pingInterval: .max, pongTimeout: .max, now: 5)
        #expect(keepalive.nextDeadline == .max)
        #expect(keepalive.timeout(now: .max - 1) == .none)
    }
}
