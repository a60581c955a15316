import DoSQLEngine
import DoSQLLoop
import DoSQLServer
import DoSQLSession

extension Setting {
    /// Everything that an operator can decide, in the order in which it is shown: the one source of the keys of the
    /// configuration file, of the environment variables and of the flags.
    static let all: [Setting] =
        [
            .texts(
                "listen", "address",
                "Where to listen: HOST:PORT, [IPv6]:PORT or unix:PATH. Port 0 lets the system choose."
            ) {
                $0.server.listen.map { "\($0)" }
            } set: { (configuration, texts) throws(SettingFault) in
                var addresses: [ListenAddress] = []
                for text in texts {
                    do throws(ListenAddressError) {
                        addresses.append(try ListenAddress(parsing: text))
                    } catch {
                        throw SettingFault("\(text): \(error)")
                    }
                }
                configuration.server.listen = addresses
            },
            .text("data", "folder", \.server.dataFolder, "The folder that holds the tenants."),
            .text(
                "migrations", "folder", \.server.migrationsFolder,
                "A folder of NNN_name.sql files that every tenant is brought to before its first request."),
            .truth("createTenants", \.server.createsTenants, "Create a tenant on its first use."),
            .choice(
                "synchronous", \.synchronous,
                "When a commit waits for the disk: 'full' (what is answered survives a power cut) or 'normal' (the last commits may not)."
            ),

            // Who is let in.
            .text("tokens", "file", \.tokens.keyFile, "A file of API keys, as 'dosql token create' makes it."),
            .text("revoked", "file", \.tokens.revocationFile, "A list of revoked tokens, an id on each line."),
            .texts("jwks", "file", \.tokens.keySets, "A JWKS file of keys that JWTs are signed with."),
            .texts(
                "jwt.key", "alg:file[:kid]",
                "A key that JWTs are signed with: EdDSA, ES256 or HS256, the file with the public key (PEM) or the secret, and the id (kid) that chooses it. The last colon begins the id, so a file whose name has one needs an id."
            ) {
                $0.tokens.signingKeys.map(\.description)
            } set: { (configuration, texts) throws(SettingFault) in
                var keys: [SigningKeyName] = []
                for text in texts {
                    do throws(SigningKeyName.Fault) {
                        keys.append(try SigningKeyName(parsing: text))
                    } catch {
                        throw SettingFault("\(text): \(error.text)")
                    }
                }
                configuration.tokens.signingKeys = keys
            },
            .text("jwt.issuer", "text", \.tokens.issuer, "What 'iss' has to be in a JWT."),
            .text(
                "jwt.audience", "text", \.tokens.audience,
                "What 'aud' has to name in a JWT; without it a JWT with 'aud' is refused."),
            .number(
                "jwt.lifetimeMax", .seconds, 1...century, \.tokens.lifetimeMax,
                "For how long a JWT may be good, in seconds."),
            .truth(
                "insecureNoTokens", \.server.letsAnybodyIn,
                "Let whoever can reach the server do everything, wherever it listens."),

            // Encryption.
            .text(
                "tls.certificate", "file", \.tls.certificate,
                "The server's certificate and those between it and a root (PEM): clients may speak TLS. Read again on SIGHUP."
            ),
            .text("tls.key", "file", \.tls.key, "The private key that belongs to it (PEM)."),
            .text(
                "tls.clientCA", "file", \.tls.clientCA, "The certificates that those of clients must come from (PEM)."),
            .choice("tls.clientCertificates", \.tls.clientCertificates, "Whether clients must show a certificate."),
            .choice(
                "plaintext", \.server.plaintext,
                "Who may do without TLS where the server has a certificate: 'never', 'loopback' (this machine) or 'always'."
            ),

            // What the process takes.
            .number("loops", .count(of: "loops"), 0...256, \.server.loops, "Event loops; 0: one for each core."),
            .number(
                "writerThreads", .count(of: "threads"), 1...1024, \.server.writerThreads,
                "Threads that carry out writes."),
            .number(
                "readerThreads", .count(of: "threads"), 1...1024, \.server.readerThreads,
                "Threads that carry out long reads."),
            .number(
                "maxOpenTenants", .count(of: "tenants"), 1...most, \.server.openTenantsMax,
                "Tenants kept open; beyond it the one unused for longest is closed."),
            .number(
                "tenantIdle", .seconds, 1...century, \.server.tenantIdleSeconds,
                "Seconds without use after which a tenant is closed."),
            .number(
                "maxConnections", .count(of: "connections"), 1...most, \.server.connectionsMax,
                "Connections taken at a time."),
            .number(
                "maxConnectionsPerAddress", .count(of: "connections"), 1...most, \.server.addressConnectionsMax,
                "Connections taken of one address; without it 1024, and any number from this machine."),
            .number(
                "maxBytesInFlight", .bytes, (32 << 20)...most, \.server.bytesInFlightMax,
                "Bytes of waiting requests and answers, over all connections."),
            .number(
                "maxMemory", .bytes, 0...most, \.server.heapBytesMax,
                "Bytes of SQLite's memory, at least 16 MiB; 0: as many as the system has."),
            .number("maxTenants", .count(of: "tenants"), 1...most, \.server.tenantsMax, "Tenants there may be."),
            .number(
                "maxDisk", .bytes, 0...most, \.server.diskBytesMax,
                "Bytes of the data folder from which nothing grows; 0: any number."),
            .number(
                "minDiskFree", .bytes, 0...most, \.server.diskFreeMin,
                "Bytes left on the disk below which nothing grows; 0: all may be used."),

            // What a tenant takes.
            .number(
                "cache", .kibibytes, 64...(1 << 30), \.server.cacheKiB,
                "Page cache of each connection to a database, in KiB."),
            .number(
                "checkpointPages", .count(of: "pages"), 1...most, \.server.checkpointPages,
                "Pages in the write-ahead log from which it is checkpointed."),
            .time(
                "transaction.idle", 1...day, \.server.session.transactionIdleMax,
                "Milliseconds between the statements of a transaction before it is rolled back."),
            .time(
                "transaction.total", 1...day, \.server.session.transactionTotalMax,
                "Milliseconds a transaction may last."),
            .time(
                "transaction.wait", 0...day, \.server.session.transactionWaitMax,
                "Milliseconds a write waits for its turn."),
            .time(
                "cursorStall", 1...day, \.server.session.cursorStallMax,
                "Milliseconds a result may wait for its client."),
            .time(
                "statementTime", 1...day, \.server.session.statementTimeMax,
                "Milliseconds a statement may run at a stretch."),
            .time(
                "snapshotAge", 0...day, \.server.session.snapshotAgeMax,
                "Age in milliseconds from which a snapshot gives way to a checkpoint that is due."),
            .time(
                "shutdownGrace", 0...day, \.server.session.shutdownGrace,
                "Milliseconds those who are connected get to finish when the server stops."),
        ] + TenantLimits.fields.map(tenantLimit) + [
            // The web.
            .texts(
                "baseDomain", "domain", \.server.http.baseDomains,
                "A domain under which the first label of a request's Host names the tenant."),
            .texts(
                "cors.origin", "origin", \.server.http.allowedOrigins,
                "An origin that browsers may call from (https://app.example.com), or '*'."),
            .truth(
                "cors.credentials", \.server.http.allowsCredentials, "Browsers may send credentials from these origins."
            ),
            .number(
                "maxHttpTransactions", .count(of: "transactions"), 0...most, \.server.http.transactionsMax,
                "Transactions that may be open over HTTP at a time, for each event loop."),

            // What is kept.
            .number(
                "keep.messages", .count(of: "rows"), 1...most, \.server.messagesKept.rowsMax,
                "Rows that a tenant's messages keep; without it all."),
            .number(
                "keep.messagesFor", .seconds, 1...century, \.server.messagesKept.secondsMax,
                "Seconds for which a tenant's messages are kept; without it for ever."),
            .number(
                "keep.events", .count(of: "rows"), 1...most, \.server.eventsKept.rowsMax,
                "Rows that a tenant's events keep; without it all."),
            .number(
                "keep.eventsFor", .seconds, 1...century, \.server.eventsKept.secondsMax,
                "Seconds for which a tenant's events are kept; without it for ever."),
            .number(
                "keep.deletedFor", .seconds, 0...century, \.server.administration.deletedKept,
                "Seconds for which deleted tenants can be brought back."),

            // What is told.
            .choice("log.level", \.logLevel, "How much to log. Read again on SIGHUP."),
            .choice("log.format", \.logFormat, "How lines of the log are written: for people, or an object a line."),
            .time(
                "slowStatement", 0...day, \.server.slowStatement,
                "Milliseconds of SQLite's time from which a statement is logged, with its plan; 0: none is."),
            .number(
                "maxTenantSeries", .count(of: "tenants"), 0...1000, \.server.metrics.tenantSeriesMax,
                "Tenants whose metrics are told by name; the others' are told together."),
        ]

    /// Where there is no reason for a bound.
    private static let most = Int.max
    /// In seconds: so many nanoseconds can still be counted.
    private static let century = 100 * 31_557_600
    /// In milliseconds: more than a day is a mistake.
    private static let day = 86_400_000
}
