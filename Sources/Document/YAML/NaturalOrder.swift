/// The order in which Kubernetes' YAML writer puts keys: runs of digits compare as numbers, and what is not a
/// letter comes before letters.
enum NaturalOrder {
    static func precedes(_ lhs: String, _ rhs: String) -> Bool {
        let left = Array(lhs.unicodeScalars)
        let right = Array(rhs.unicodeScalars)
        guard let place = zip(left, right).enumerated().first(where: { $1.0 != $1.1 })?.offset else {
            return left.count < right.count
        }
        let (a, b) = (left[place], right[place])
        let (aIsLetter, bIsLetter) = (a.properties.isAlphabetic, b.properties.isAlphabetic)
        if aIsLetter && bIsLetter { return a < b }
        if aIsLetter || bIsLetter { return bIsLetter }
        // A zero within a longer number counts as a digit like any other, so both sides get its leading one.
        var start: UInt64 = 0
        if a == "0" || b == "0" {
            var index = place - 1
            while index >= 0, isDigit(left[index]) {
                if left[index] != "0" { start = 1 }
                index -= 1
            }
        }
        let (aNumber, aEnd) = number(left, from: place, startingWith: start)
        let (bNumber, bEnd) = number(right, from: place, startingWith: start)
        if aNumber != bNumber { return aNumber < bNumber }
        if aEnd != bEnd { return aEnd < bEnd }
        return a < b
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        ("0"..."9").contains(scalar)
    }

    private static func number(
        _ text: [Unicode.Scalar], from start: Int, startingWith value: UInt64
    ) -> (value: UInt64, end: Int) {
        var value = value
        var index = start
        while index < text.count, isDigit(text[index]) {
            value = value &* 10 &+ UInt64(text[index].value - 48)
            index += 1
        }
        return (value, index)
    }
}
