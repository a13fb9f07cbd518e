/// Unicode's general categories and scripts as sets of characters of Latin-1, by the names that RE2 has for them.
enum UnicodeClass {
    /// `L`, `Lu`, `Latin`, `Any`...; nil for another name, or a script with no character there.
    static func named(_ name: String) -> [ClosedRange<UInt32>]? {
        switch name {
        case "Any": ScalarSet.all
        case "Latin": latin
        case "Common": ScalarSet.inverted(latin)
        default: categories[name] ?? (empty.contains(name) ? [] : nil)
        }
    }

    /// ASCII letters, the two ordinal indicators, and the letters with accents.
    private static let latin: [ClosedRange<UInt32>] = [
        0x41...0x5A, 0x61...0x7A, 0xAA...0xAA, 0xBA...0xBA, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0xFF,
    ]

    /// Categories without a character in Latin-1.
    private static let empty: Set = [
        "Lt", "Lm", "M", "Mn", "Mc", "Me", "Nl", "Zl", "Zp", "Cs", "Co",
    ]

    private static let categories: [String: [ClosedRange<UInt32>]] = {
        var found: [String: [ClosedRange<UInt32>]] = [:]
        for value: UInt32 in 0...0xFF {
            guard let category = Unicode.Scalar(value)?.properties.generalCategory,
                let name = name(category), let group = name.first
            else { continue }
            found[name, default: []].append(value...value)
            found[String(group), default: []].append(value...value)
        }
        return found.mapValues(ScalarSet.normalized)
    }()

    /// Nil for what is not assigned, which is no category to RE2.
    private static func name(_ category: Unicode.GeneralCategory) -> String? {
        switch category {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        case .unassigned: nil
        @unknown default: nil
        }
    }
}
