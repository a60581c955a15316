/// Some cells that need the same servers, and the rows of the table that they are for.
protocol Stage: AnyObject {
    static var rows: [String] { get }

    /// Starts what it needs.
    init(_ bench: Workbench) throws

    /// What is measured, in this order in each round.
    var cells: [Cell] { get }
    /// Why a program is not among them.
    var missing: [Program: String] { get }

    /// Ends what it has started.
    func close()
}
