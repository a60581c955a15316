import Hummingbird

/// The complete app: what is mounted where. A middleware is for everything that is added below it.
func router(
    _ configuration: AppConfiguration, databases: TenantDatabases, requestLog: RequestLog, hub: Hub
) -> Router<AppContext> {
    let router = Router(context: AppContext.self, options: .autoGenerateHeadEndpoints)

    router.add(middleware: RequestLogMiddleware(log: requestLog, baseDomain: configuration.baseDomain))
    router.add(middleware: SecureHeaders())
    router.add(middleware: CORS(origins: configuration.corsOrigins))
    router.add(middleware: ErrorAnswers())

    // Health check, and who comes to the hub without an upgrade
    router.addRoutes(HealthRoutes(databases: databases, baseDomain: configuration.baseDomain).routes, atPath: "health")
    router.addRoutes(ConnectRoutes(hub: hub).routes, atPath: "connect")

    // Everything else has a tenant, and what is for programs a limit
    router.add(middleware: TenantMiddleware(databases: databases, baseDomain: configuration.baseDomain))
    router.add(
        middleware: RateLimit(
            prefix: "/api/", requestsMax: 100, window: .seconds(60),
            clientAddressHeader: configuration.clientAddressHeader))

    // Public routes
    let tenant = router.group(context: TenantContext.self)
    tenant.addRoutes(SimpleUserRoutes().routes, atPath: "users")
    tenant.addRoutes(SettingsRoutes().routes, atPath: "api/settings")
    tenant.addRoutes(UserRoutes().routes, atPath: "api/v1/users")

    // Routes for who has a token
    let user = tenant.group("api/v1").add(middleware: Authentication()).group(context: UserContext.self)
    user.addRoutes(PostRoutes().routes, atPath: "posts")
    user.addRoutes(OrderRoutes().routes, atPath: "orders")
    user.addRoutes(EventRoutes().routes, atPath: "events")

    // …and for admins
    let admin = user.group().add(middleware: RequireRole("admin"))
    admin.addRoutes(AdminRoutes().routes, atPath: "admin")
    admin.addRoutes(BulkRoutes().routes, atPath: "bulk")

    return router
}
