@main enum EchoServer { static func main() {} }
