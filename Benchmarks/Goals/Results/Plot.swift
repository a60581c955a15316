import BenchmarkSupport

/// The throughput of DoSQL and of the others at four pieces of work, as bars: one picture of what a run measured.
///
/// Bars of a panel share a scale that begins at nought; a line over each bar goes from the least of the rounds to the
/// most.
struct Plot {
    private struct Panel {
        let title: String
        let bars: [(name: String, id: CellID)]
    }

    private static let panels: [Panel] = {
        let reads = Work.pointRead(PointReads.pipelined[1])
        let fewer = Work.pointRead(PointReads.pipelined[0])
        let inserts = Work.insert(DurableInserts.shapes[2])
        return [
            Panel(
                title: "Point SELECT, 8 connections, 16 in flight on each",
                bars: [
                    ("DoSQL", CellID(.dosql, fewer)), ("the bound, in C", CellID(.bound, fewer)),
                    ("SQLite in process", CellID(.inProcess, Work.oneThread)),
                    ("PostgreSQL, pipeline", CellID(.postgreSQL, fewer)), ("Redis GET", CellID(.redis, fewer)),
                ]),
            Panel(
                title: "Point SELECT, 64 connections, 128 in flight on each",
                bars: [
                    ("DoSQL", CellID(.dosql, reads)), ("the bound, in C", CellID(.bound, reads)),
                    ("SQLite in process", CellID(.inProcess, Work.oneThread)),
                    ("PostgreSQL, pipeline", CellID(.postgreSQL, reads)), ("Redis GET", CellID(.redis, reads)),
                ]),
            Panel(
                title: "Durable INSERT, 64 connections",
                bars: [
                    ("DoSQL", CellID(.dosql, inserts)), ("the bound, in C", CellID(.bound, inserts)),
                    ("PostgreSQL", CellID(.postgreSQL, inserts)),
                    ("Redis, fsync always", CellID(.redisAlways, inserts)),
                ]),
            Panel(
                title: "Point SELECT as JSON over HTTP, 64 connections",
                bars: [
                    ("DoSQL", CellID(.dosqlHTTP, Work.httpRead)),
                    ("the bound, in C", CellID(.boundHTTP, Work.httpRead)),
                    ("nginx, a constant", CellID(.nginx, Work.httpRead)),
                    ("Node, no database", CellID(.node, Work.httpRead)),
                ]),
        ]
    }()

    private static let width = 760
    private static let nameWidth = 170
    private static let figureWidth = 90
    private static let barHeight = 20
    private static let barGap = 6
    private static let titleHeight = 34

    /// The picture.
    let svg: String

    init(_ measurements: Measurements, caption: String) {
        var body = ""
        var y = 16
        for panel in Self.panels {
            let bars = panel.bars.compactMap { bar -> (name: String, rates: [Double])? in
                let rates = measurements.all(bar.id).map(\.rate)
                return rates.isEmpty ? nil : (bar.name, rates)
            }
            guard let most = bars.compactMap({ $0.rates.max() }).max(), most > 0 else { continue }
            body += "<text class=\"title\" x=\"0\" y=\"\(y + 14)\">\(panel.title)</text>\n"
            y += Self.titleHeight
            let scale = Double(Self.width - Self.nameWidth - Self.figureWidth) / most
            for bar in bars {
                body += Self.bar(bar.name, bar.rates, y: y, scale: scale)
                y += Self.barHeight + Self.barGap
            }
            y += 14
        }
        body += #"<text class="caption" x="0" y="\#(y + 4)">\#(caption)</text>"#
        svg = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="-16 0 \(Self.width + 32) \(y + 20)" role="img" aria-label="Throughput of DoSQL and of others">
            <style>
              text { font: 13px system-ui, sans-serif; fill: #24292f }
              .title { font-weight: 600 } .name { text-anchor: end } .caption { font-size: 11px; fill: #6e7781 }
              .ours { fill: #1f6feb } .theirs { fill: #8c959f } .spread { stroke: #24292f; stroke-width: 1.5; opacity: .55 }
              @media (prefers-color-scheme: dark) {
                text { fill: #e6edf3 } .caption { fill: #8b949e } .theirs { fill: #6e7681 } .spread { stroke: #e6edf3 }
              }
            </style>
            \(body)
            </svg>

            """
    }

    private static func bar(_ name: String, _ rates: [Double], y: Int, scale: Double) -> String {
        let median = FigureText.median(rates)
        let length = Int((median * scale).rounded())
        let (least, most) = (rates.min() ?? median, rates.max() ?? median)
        let (from, to) = (nameWidth + Int(least * scale), nameWidth + Int(most * scale))
        let middle = y + barHeight / 2
        let text = middle + 5
        let isOurs = name == "DoSQL"
        return """
            <text class="name" x="\(nameWidth - 8)" y="\(text)">\(name)</text>
            <rect class="\(isOurs ? "ours" : "theirs")" x="\(nameWidth)" y="\(y)" width="\(max(1, length))" height="\(barHeight)" rx="3"/>
            <line class="spread" x1="\(from)" y1="\(middle)" x2="\(to)" y2="\(middle)"/>
            <text x="\(max(to, nameWidth + length) + 8)" y="\(text)">\(FigureText.count(median))/s</text>

            """
    }
}
