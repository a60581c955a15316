/// DESCRIPTION (`protocol/messages.md`, statements).
public struct Description: Hashable, Sendable {
    /// A column of the statement's result.
    public struct Column: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// The type it was declared with; empty where SQLite knows none.
        public var declaredType: String
        /// The table it comes from; empty where SQLite knows none.
        public var originTable: String
        /// The column of that table; empty where SQLite knows none.
        public var originColumn: String

        /// A column of these fields.
        public init(name: String, declaredType: String, originTable: String, originColumn: String) {
            self.name = name
            self.declaredType = declaredType
            self.originTable = originTable
            self.originColumn = originColumn
        }
    }

    /// A line of EXPLAIN QUERY PLAN.
    public struct PlanNode: Hashable, Sendable {
        /// Its number.
        public var id: UInt64
        /// The number of the line it belongs to, or 0.
        public var parent: UInt64
        /// What it says.
        public var detail: String

        /// A line of these fields.
        public init(id: UInt64, parent: UInt64, detail: String) {
            self.id = id
            self.parent = parent
            self.detail = detail
        }
    }

    /// Whether the statement changes nothing.
    public var isReadOnly: Bool
    /// The parameters' names with their prefix; empty for `?`.
    public var parameters: [String]
    /// The columns.
    public var columns: [Column]
    /// The plan, if it was asked for.
    public var plan: [PlanNode]

    /// A description of these fields.
    public init(isReadOnly: Bool, parameters: [String], columns: [Column], plan: [PlanNode] = []) {
        self.isReadOnly = isReadOnly
        self.parameters = parameters
        self.columns = columns
        self.plan = plan
    }

    /// Reads a body.
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        isReadOnly = try reader.readBool()
        parameters = []
        for _ in 0..<(try reader.readCount()) { parameters.append(try reader.readString()) }
        columns = []
        for _ in 0..<(try reader.readCount(ofSize: 4)) {
            columns.append(
                Column(
                    name: try reader.readString(), declaredType: try reader.readString(),
                    originTable: try reader.readString(), originColumn: try reader.readString()))
        }
        plan = []
        for _ in 0..<(try reader.readCount(ofSize: 3)) {
            plan.append(
                PlanNode(
                    id: try reader.readVarint(), parent: try reader.readVarint(), detail: try reader.readString()))
        }
        try reader.ignoreOptions()
    }

    /// Writes a frame.
    public func encode(into writer: inout ByteWriter, stream: UInt16, request: UInt32) {
        let frame = writer.beginFrame(.description, stream: stream, request: request)
        writer.writeU8(isReadOnly ? 1 : 0)
        writer.writeVarint(parameters.count)
        for parameter in parameters { writer.writeText(parameter) }
        writer.writeVarint(columns.count)
        for column in columns {
            writer.writeText(column.name)
            writer.writeText(column.declaredType)
            writer.writeText(column.originTable)
            writer.writeText(column.originColumn)
        }
        writer.writeVarint(plan.count)
        for node in plan {
            writer.writeVarint(node.id)
            writer.writeVarint(node.parent)
            writer.writeText(node.detail)
        }
        writer.endFrame(at: frame)
    }
}
