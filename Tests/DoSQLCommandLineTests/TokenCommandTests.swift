import Crypto
import DoSQLAccess
import DoSQLTestSupport
import Foundation
import Testing

@testable import DoSQLCommandLine

/// `dosql token`, as an operator meets it.
struct TokenCommandTests {
    private let folder: TemporaryFolder
    private let keys: String

    init() throws {
        folder = try TemporaryFolder()
        keys = folder.path(of: "keys.json")
    }

    private func token(_ arguments: String..., input: String = "") throws -> CommandRun {
        try CommandRun(["token"] + arguments, input: input)
    }

    private func create(_ arguments: String...) throws -> String {
        let run = try CommandRun(["token", "create", "--tokens", keys, "--name", "billing"] + arguments)
        #expect(run.status == 0)
        return String(run.output.dropLast())
    }

    private func mode(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test func `a key is printed once, alone, and its hash is kept where only its owner reads it`() throws {
        let key = try create("--tenant", "acme", "--right", "read,write")
        #expect(key.wholeMatch(of: /dsk_[0-9a-f]{16}_[A-Za-z0-9_-]{43}/) != nil)
        #expect(try mode(keys) == 0o600)
        let text = try String(contentsOfFile: keys, encoding: .utf8)
        #expect(!text.contains(key.suffix(43)))
        let record = try #require(try KeyFile(path: keys).records.first)
        #expect(key.contains(record.id) && record.name == "billing" && record.expires == nil)
        #expect(record.grants == [Grant(tenants: [try #require(TenantPattern("acme"))], rights: [.read, .write])])
    }

    @Test func `keys are added, and the file keeps its mode`() throws {
        let first = try create("--tenant", "a", "--right", "read")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: keys)
        let second = try create("--tenant", "b", "--right", "read")
        #expect(try mode(keys) == 0o640)
        for key in [first, second] {
            let run = try token("verify", "--tokens", keys, input: key)
            #expect(run.status == 0 && run.output.hasPrefix("good\n"))
        }
    }

    @Test func `what a key may do is told`() throws {
        let key = try create(
            "--tenant", "app-*", "--tenant", "acme", "--right", "read", "--right", "write,publish", "--table",
            "users=read,write", "--table", "a=b=read", "--expires", "2099-01-31T12:00:00Z")
        let run = try token("verify", "--tokens", keys, input: key + "\n")
        let id = key.dropFirst(4).prefix(16)
        #expect(
            run.output == """
                good
                id       \(id)
                subject  billing
                expires  2099-01-31T12:00:00Z
                grant    {"tenants": ["app-*", "acme"], "rights": ["read", "write", "publish"], \
                "tables": {"a=b": ["read"], "users": ["read", "write"]}}

                """)
        #expect(run.errors == "" && run.status == 0)
    }

    @Test func `several grants are written as JSON`() throws {
        let grants = #"[{"tenants": ["*"], "rights": ["read"]}, {"tenants": ["acme"], "rights": ["admin"]}]"#
        let key = try create("--grants", grants)
        let run = try token("verify", "--tokens", keys, input: key)
        #expect(run.output.contains(#"grant    {"tenants": ["*"], "rights": ["read"]}"#))
        #expect(run.output.contains(#"grant    {"tenants": ["acme"], "rights": ["admin"]}"#))
    }

    @Test(arguments: [
        (["--tenant", "acme", "--right", "reed"], "'reed' is not a right"),
        (["--tenant", "acme", "--right", "read,"], "'' is not a right"),
        (["--tenant", "ac me", "--right", "read"], "'ac me' is not a tenant's name or pattern"),
        (["--tenant", "acme"], "a key needs --tenant and --right, or --grants"),
        (["--right", "read"], "a key needs --tenant and --right, or --grants"),
        (["--grants", "[]", "--tenant", "acme"], "--grants stands instead"),
        (["--grants", "[{]"], "JSON: expected"),
        (["--grants", #"{"tenants":["a"],"rights":["x"]}"#], "'x' is not a right"),
        (["--tenant", "a", "--right", "read", "--table", "t"], "--table is TABLE=RIGHTS"),
        (["--tenant", "a", "--right", "read", "--table", "t=write"], "which its grant has not"),
        (["--tenant", "a", "--right", "read,publish", "--table", "t=publish"], "which its grant has not"),
        (["--tenant", "a", "--right", "read", "--table", "=read"], "is not a table's name"),
        (["--tenant", "a", "--right", "read,schema", "--table", "t=read"], "reaches every table"),
        (["--tenant", "a", "--right", "read", "--expires", "soon"], "--expires is a time such as"),
        (["--tenant", "a", "--right", "read", "--expires", "0d"], "--expires is a time such as"),
        (["--tenant", "a", "--right", "read", "--expires", "99999999999999d"], "is too far away"),
        (["--tenant", "a", "--right", "read", "--expires", "2020-01-01T00:00:00Z"], "is past"),
        (["--tenant", "a", "--right", "read", "--name", ""], "--name has 1 to 256 bytes"),
    ])
    func `wrong usage makes no key, and no file`(_ arguments: [String], _ words: String) throws {
        let name = arguments.contains("--name") ? [] : ["--name", "x"]
        let run = try CommandRun(["token", "create", "--tokens", keys] + name + arguments)
        #expect(run.status == 2 && run.output == "")
        #expect(run.errors.contains(words), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: keys))
    }

    @Test func `a file that is not right is left as it is`() throws {
        for (text, mode, words) in [
            ("{}", 0o600, "not a file of API keys"), (KeyFile().text, 0o644, "is open to every user of this machine"),
            (#"{"version": 2, "keys": []}"#, 0o600, "its version is not 1"),
        ] {
            try Data(text.utf8).write(to: URL(filePath: keys))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: keys)
            let run = try token("create", "--tokens", keys, "--name", "x", "--tenant", "a", "--right", "read")
            #expect(run.status == 1 && run.output == "" && run.errors.contains(words), "\(run.errors)")
            #expect(try String(contentsOfFile: keys, encoding: .utf8) == text)
        }
    }

    @Test func `two at a time lose no key`() async throws {
        let made = await withTaskGroup(of: CommandRun?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try? CommandRun([
                        "token", "create", "--tokens", keys, "--name", "x", "--tenant", "a", "--right", "read",
                    ])
                }
            }
            return await group.reduce(into: [CommandRun]()) { if let run = $1 { $0.append(run) } }
        }
        #expect(made.count == 8)
        let good = made.filter { $0.status == 0 }
        #expect(!good.isEmpty)
        #expect(
            try Set(KeyFile(path: keys).records.map(\.id))
                == Set(good.map { String($0.output.dropFirst(4).prefix(16)) }))
        for run in made where run.status != 0 {
            #expect(run.errors == "Error: \(keys) is being changed by somebody else\n" && run.output == "")
        }
    }

    @Test func `the list tells what each key may do and whether it is good`() throws {
        var file = KeyFile()
        let grants = [Grant(tenants: [.every], rights: .read)]
        let made: UInt64 = 1_769_860_800_000
        let names = ["good", "expired", "revoked", "listed"]
        for name in names {
            let expires = name == "expired" ? made + 1_000 : nil
            file.add(KeyRecord(of: APIKey(), name: name, created: made, expires: expires, grants: grants))
        }
        _ = file.revoke(id: file.records[2].id, at: made)
        try Data(file.text.utf8).write(to: URL(filePath: keys))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
        let list = folder.path(of: "revoked")
        try Data((file.records[3].id + "\n").utf8).write(to: URL(filePath: list))
        let run = try token("list", "--tokens", keys, "--revoked", list, "--format", "csv")
        let lines = run.output.split(separator: "\n")
        #expect(lines.first == "id,name,state,created,expires,grants")
        #expect(lines.dropFirst().map { $0.split(separator: ",")[2] } == ["good", "expired", "revoked", "revoked"])
        #expect(lines[2].contains("2026-01-31T12:00:00Z,2026-01-31T12:00:01Z"))
        for record in file.records {
            #expect(!run.output.contains(record.digest.map { String($0, radix: 16) }.joined()))
        }
    }

    @Test func `a key is revoked in its file, by its id`() throws {
        let (key, other) = (
            try create("--tenant", "a", "--right", "read"), try create("--tenant", "a", "--right", "read")
        )
        let id = String(key.dropFirst(4).prefix(16))
        // All or none.
        let wrong = try token("revoke", "--tokens", keys, id, "0000000000000000")
        #expect(wrong.status == 1 && wrong.errors == "Error: \(keys) has no key 0000000000000000\n")
        #expect(try token("verify", "--tokens", keys, input: key).status == 0)

        let run = try token("revoke", "--tokens", keys, id)
        #expect(run.status == 0 && run.output == "revoked \(id)\n")
        let refused = try token("verify", "--tokens", keys, input: key)
        #expect(refused.status == 1 && refused.output == "" && refused.errors == "Error: the token was revoked\n")
        #expect(try token("verify", "--tokens", keys, input: other).status == 0)
        // Once more is no error.
        #expect(try token("revoke", "--tokens", keys, id).status == 0)
    }

    @Test func `anything is revoked on the list, whose comments stay`() throws {
        let key = try create("--tenant", "a", "--right", "read")
        let id = String(key.dropFirst(4).prefix(16))
        let list = folder.path(of: "revoked")
        #expect(try token("revoke", "--revoked", list, "jti-1").status == 0)
        #expect(try mode(list) == 0o600)
        try Data("# the laptop\njti-1".utf8).write(to: URL(filePath: list))
        #expect(try token("revoke", "--revoked", list, id, "jti-1").status == 0)
        #expect(try String(contentsOfFile: list, encoding: .utf8) == "# the laptop\njti-1\n\(id)\n")
        let refused = try token("verify", "--tokens", keys, "--revoked", list, input: key)
        #expect(refused.status == 1 && refused.errors == "Error: the token was revoked\n")
    }

    @Test(arguments: [
        (["0000000000000000"], "say --tokens for API keys, or --revoked"),
        (["a b", "--revoked", "/nonexistent"], "is not an id"),
        (["dsk_0000000000000000_A", "--revoked", "/nonexistent"], "not the key itself"),
        (["--revoked", "/nonexistent"], "Missing expected argument"),
    ])
    func `wrong usage revokes nothing`(_ arguments: [String], _ words: String) throws {
        let run = try CommandRun(["token", "revoke"] + arguments)
        #expect(run.status == 2 && run.errors.contains(words), "\(run.errors)")
    }

    @Test func `a JWT is verified as a server would, from a file or from standard input`() throws {
        let secret = "a secret of thirty-two bytes, or so"
        let path = folder.path(of: "secret")
        try Data(secret.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        let key = "HS256:\(path):k"
        let expiry = Int(Date().timeIntervalSince1970) + 600
        let claims =
            #"{"sub":"ann\u001b[31m","jti":"t-1","exp":\#(expiry),"dosql":{"tenants":["acme"],"rights":["read"]}}"#
        let jwt = Self.jwt(claims, secret: secret)
        let good = try token("verify", "--jwt-key", key, input: jwt)
        #expect(good.status == 0)
        #expect(good.output.contains("id       t-1\nsubject  ann\\x1B[31m\n"))
        #expect(good.output.contains(#"grant    {"tenants": ["acme"], "rights": ["read"]}"#))

        let file = folder.path(of: "token")
        try Data((jwt + "\r\n").utf8).write(to: URL(filePath: file))
        #expect(try token("verify", file, "--jwt-key", key).output == good.output)

        for (wrong, options, words) in [
            (String(jwt.dropLast(3)) + "AAA", [], "the token's signature is wrong"),
            (Self.jwt("{\"exp\":1}", secret: secret), [], "the token has expired"),
            (Self.jwt("{}", secret: secret), [], "the token has no expiry (exp)"),
            (jwt, ["--jwt-issuer", "me"], "the token's issuer (iss) is not the one expected"),
            (jwt, ["--jwt-audience", "me"], "the token is made for somebody else (aud)"),
            (jwt, ["--jwt-lifetime-max", "60"], "the token is valid for longer than is allowed"),
            ("junk", [], "the token is neither an API key nor a JWT"), ("", [], "a token is needed: none was sent"),
            (String(repeating: "a", count: 100_000), [], "the token is longer than 8192 bytes"),
        ] {
            let run = try CommandRun(["token", "verify", "--jwt-key", key] + options, input: wrong)
            #expect(run.status == 1 && run.output == "" && run.errors == "Error: \(words)\n", "\(run.errors)")
        }
    }

    @Test func `nothing to verify by is wrong usage, a key that is none an error`() throws {
        #expect(try token("verify", input: "x").status == 2)
        #expect(try token("verify", "--revoked", "/nonexistent", input: "x").status == 2)
        let missing = try token("verify", "--jwks", folder.path(of: "nothing"), input: "x")
        #expect(missing.status == 1 && missing.errors.contains("there is no such file"))
    }

    private static func jwt(_ claims: String, secret: String) -> String {
        let encode = { (bytes: Data) in
            bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
        let signed = "\(encode(Data(#"{"alg":"HS256","kid":"k"}"#.utf8))).\(encode(Data(claims.utf8)))"
        let key = SymmetricKey(data: Data(secret.utf8))
        return "\(signed).\(encode(Data(HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key))))"
    }
}
