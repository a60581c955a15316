import ArgumentParser
package import DoSQLLoad

extension LoadShape: ExpressibleByArgument {}
