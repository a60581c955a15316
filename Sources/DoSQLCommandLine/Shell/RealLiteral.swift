/// A real as SQL that every SQLite reads as the same bits again.
///
/// The shortest decimal is enough for an exact reader. SQLite's, before 3.43, computes in extended precision and rounds
/// twice, so that about one decimal in ten thousand comes out one bit off. Where a decimal lies too near the middle
/// between
/// two doubles, or is scaled by more than an exact power of ten, a product with powers of two is written instead:
/// `7094701617946087.0/1125899906842624.0`. Each of its steps is exact.
struct RealLiteral {
    let text: String

    /// Powers of ten that are exact in extended precision.
    private static let exactPower = 22

    init(_ value: Double) {
        if value.isInfinite {
            text = value < 0 ? "-1e999" : "1e999"
        } else if value == 0 || Self.isSafe(value) {
            text = "\(value)"
        } else {
            text = Self.product(value)
        }
    }

    /// The value as an integer times a power of two.
    private static func parts(_ value: Double) -> (integer: UInt64, exponent: Int) {
        let bits = value.significandBitPattern
        if value.exponentBitPattern == 0 { return (bits, -1074) }
        return (bits | 1 << 52, Int(value.exponentBitPattern) - 1075)
    }

    /// Whether the decimal stays clear of the middles between doubles: then rounding twice does not matter.
    private static func isSafe(_ value: Double) -> Bool {
        let decimal = Decimal(value)
        let (integer, exponent) = parts(value)
        guard abs(decimal.exponent) <= exactPower, (-120...60).contains(exponent) else { return false }
        let power = (0..<abs(decimal.exponent)).reduce(UInt128(1)) { power, _ in power * 10 }
        // Both sides as integers, in units of which `unit` are one step from a double to the next.
        var left = UInt128(decimal.digits)
        var right = UInt128(integer)
        var unit = UInt128(1)
        if decimal.exponent < 0 {
            right *= power
            unit *= power
        } else {
            guard !left.multipliedReportingOverflow(by: power).overflow else { return false }
            left *= power
        }
        if exponent < 0 {
            guard left.leadingZeroBitCount > -exponent else { return false }
            left <<= UInt128(-exponent)
        } else {
            guard right.leadingZeroBitCount > exponent else { return false }
            right <<= UInt128(exponent)
            unit <<= UInt128(exponent)
        }
        let distance = left > right ? left - right : right - left
        return distance <= unit / 2 - unit / 512
    }

    private static func product(_ value: Double) -> String {
        var (integer, exponent) = parts(value)
        let zeros = integer.trailingZeroBitCount
        integer >>= UInt64(zeros)
        exponent += zeros
        var text = (value < 0 ? "-" : "") + "\(integer).0"
        while exponent != 0 {
            let step = min(abs(exponent), 50)
            text += (exponent < 0 ? "/" : "*") + "\(UInt64(1) << UInt64(step)).0"
            exponent -= exponent < 0 ? -step : step
        }
        return text
    }

    /// The shortest decimal: digits times a power of ten.
    private struct Decimal {
        var digits: UInt64 = 0
        var exponent = 0

        init(_ value: Double) {
            let parts = "\(value.magnitude)".split(separator: "e")
            var fraction = 0
            var isBehindPoint = false
            for byte in parts[0].utf8 {
                guard byte != UInt8(ascii: ".") else {
                    isBehindPoint = true
                    continue
                }
                digits = digits * 10 + UInt64(byte - UInt8(ascii: "0"))
                if isBehindPoint { fraction += 1 }
            }
            exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - fraction
            while digits != 0, digits.isMultiple(of: 10) {
                digits /= 10
                exponent += 1
            }
        }
    }
}
