import Document

extension FieldMapper {
    /// A string; absent is empty.
    ///
    /// `required` refuses absent and empty, `rule` what must not stand where the string ends up.
    mutating func string(
        _ name: String, _ value: inout String, required: Bool = false, as rule: TextRule = .line
    ) {
        guard isReading else {
            if !value.isEmpty || required { write(name, Node(.string(value))) }
            return
        }
        read(name, required: required) { node, context in
            guard let string = Self.string(node, context, as: rule) else { return }
            if required && string.isEmpty { context.add("must not be empty", at: node.position) }
            value = string
        }
    }

    /// A string whose absence means something else than an empty one.
    mutating func string(_ name: String, _ value: inout String?, as rule: TextRule = .line) {
        guard isReading else {
            if let value { write(name, Node(.string(value))) }
            return
        }
        read(name, required: false) { node, context in value = Self.string(node, context, as: rule) }
    }

    /// A list of strings.
    mutating func strings(
        _ name: String, _ value: inout [String], minimum: Int = 0, as rule: TextRule = .line
    ) {
        guard isReading else {
            if !value.isEmpty { write(name, Node(.array(value.map { Node(.string($0)) }))) }
            return
        }
        list(name, minimum: minimum) { node, context in
            guard let string = Self.string(node, context, as: rule) else { return }
            value.append(string)
        }
    }

    /// A boolean; written when it is not the default.
    mutating func bool(_ name: String, _ value: inout Bool, default: Bool = false) {
        guard isReading else {
            if value != `default` { write(name, Node(.bool(value))) }
            return
        }
        read(name, required: false) { node, context in
            guard let bool = node.bool else { return context.add("must be true or false", at: node.position) }
            value = bool
        }
    }

    /// An integer; written when it is not the default.
    mutating func integer<I: FixedWidthInteger>(
        _ name: String, _ value: inout I, default: I = 0, in range: ClosedRange<I>? = nil,
        required: Bool = false
    ) {
        guard isReading else {
            if value != `default` || required { write(name, Self.node(value)) }
            return
        }
        read(name, required: required) { node, context in
            if let integer = Self.integer(node, in: range, context) { value = integer }
        }
    }

    /// An integer whose absence means something else than zero.
    mutating func integer<I: FixedWidthInteger>(
        _ name: String, _ value: inout I?, in range: ClosedRange<I>? = nil
    ) {
        guard isReading else {
            if let value { write(name, Self.node(value)) }
            return
        }
        read(name, required: false) { node, context in value = Self.integer(node, in: range, context) }
    }

    /// A list of integers.
    mutating func integers<I: FixedWidthInteger>(
        _ name: String, _ value: inout [I], in range: ClosedRange<I>? = nil
    ) {
        guard isReading else {
            if !value.isEmpty { write(name, Node(.array(value.map { Self.node($0) }))) }
            return
        }
        list(name, minimum: 0) { node, context in
            if let integer = Self.integer(node, in: range, context) { value.append(integer) }
        }
    }

    /// A `google.protobuf.Duration`; written when it is not the default.
    mutating func duration(_ name: String, _ value: inout Duration, default: Duration, positive: Bool = false)
    {
        guard isReading else {
            if value != `default` { write(name, Node(.string(DurationText.format(value)))) }
            return
        }
        read(name, required: false) { node, context in
            if let duration = Self.duration(node, positive: positive, context) { value = duration }
        }
    }

    /// A `google.protobuf.Duration` that may be absent.
    mutating func duration(
        _ name: String, _ value: inout Duration?, positive: Bool = false, required: Bool = false
    ) {
        guard isReading else {
            if let value { write(name, Node(.string(DurationText.format(value)))) }
            return
        }
        read(name, required: required) { node, context in
            value = Self.duration(node, positive: positive, context)
        }
    }

    /// An enum by name or number; written when it is not the default.
    mutating func enumeration<E: ConfigEnum>(_ name: String, _ value: inout E, default: E?) {
        guard isReading else {
            if value != `default` { write(name, Node(.string(value.rawValue))) }
            return
        }
        read(name, required: `default` == nil) { node, context in
            if let read: E = Self.enumeration(node, context) { value = read }
        }
    }

    /// An enum that may be absent.
    mutating func enumeration<E: ConfigEnum>(_ name: String, _ value: inout E?) {
        guard isReading else {
            if let value { write(name, Node(.string(value.rawValue))) }
            return
        }
        read(name, required: false) { node, context in value = Self.enumeration(node, context) }
    }

    // MARK: values

    /// A string and, where `rule` refuses it, a fault; every string of the configuration comes through here.
    static func string(
        _ node: Node, _ context: ConfigReader.Context, as rule: TextRule = .line
    ) -> String? {
        guard let string = node.string else {
            context.add("must be a string", at: node.position)
            return nil
        }
        if let fault = rule.fault(of: string) { context.add(fault, at: node.position) }
        return string
    }

    /// A JSON number without a fraction, or the same as a string (protobuf's JSON form of 64 bits).
    static func integer<I: FixedWidthInteger>(
        _ node: Node, in range: ClosedRange<I>?, _ context: ConfigReader.Context
    ) -> I? {
        let range = range ?? I.min...I.max
        var isNumber = true
        var value: I?
        if let int = node.int {
            value = I(exactly: int)
        } else if let uint = node.uint {
            value = I(exactly: uint)
        } else if case .double(let double) = node.value {
            value = I(exactly: double)
            isNumber = double.rounded() == double
        } else if let string = node.string, string.utf8.first != UInt8(ascii: "+") {
            value = I(string)
            isNumber = value != nil
        } else {
            isNumber = false
        }
        guard isNumber else {
            context.add("must be a whole number", at: node.position)
            return nil
        }
        guard let value, range.contains(value) else {
            context.add("must be between \(range.lowerBound) and \(range.upperBound)", at: node.position)
            return nil
        }
        return value
    }

    static func node<I: FixedWidthInteger>(_ value: I) -> Node {
        if let int = Int64(exactly: value) { return Node(.int(int)) }
        return Node(.uint(UInt64(truncatingIfNeeded: value)))
    }

    static func duration(_ node: Node, positive: Bool, _ context: ConfigReader.Context) -> Duration? {
        guard let text = node.string, let duration = DurationText.parse(text) else {
            context.add("must be a duration like \"1.5s\"", at: node.position)
            return nil
        }
        guard duration >= .zero, !positive || duration > .zero else {
            context.add(positive ? "must be more than 0s" : "must not be negative", at: node.position)
            return nil
        }
        guard duration <= DurationText.longest else {
            context.add("must be less than 9223372036s", at: node.position)
            return nil
        }
        return duration
    }

    static func enumeration<E: ConfigEnum>(_ node: Node, _ context: ConfigReader.Context) -> E? {
        if let name = node.string, let value = E(rawValue: name) { return value }
        if let number = node.int, let value = E.allCases.first(where: { $0.number == number }) {
            return value
        }
        let allowed = E.allCases.map(\.rawValue).joined(separator: ", ")
        if let given = node.string ?? node.int.map({ String($0) }) {
            context.add("\"\(given)\" is not supported; allowed: \(allowed)", at: node.position)
        } else {
            context.add("must be one of \(allowed)", at: node.position)
        }
        return nil
    }
}
