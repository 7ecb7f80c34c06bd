import Flow

/// Something for each step, by its number.
struct ByStep<Element> {
    private var elements: [Element?]

    init(below count: StepID) { elements = Array(repeating: nil, count: Int(count)) }

    subscript(_ step: StepID) -> Element? {
        get { elements.indices.contains(Int(step)) ? elements[Int(step)] : nil }
        set { if elements.indices.contains(Int(step)) { elements[Int(step)] = newValue } }
    }
}
