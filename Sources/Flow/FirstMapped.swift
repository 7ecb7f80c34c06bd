extension Sequence {
    /// The first of what the elements come to, each asked once. `lazy.compactMap { … }.first` asks twice, and so, where what
    /// is asked asks again, once more for each level: twice as long for each.
    package func firstMapped<Result>(_ transform: (Element) throws -> Result?) rethrows -> Result? {
        for element in self { if let result = try transform(element) { return result } }
        return nil
    }
}
