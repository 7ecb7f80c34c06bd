/// How a race runs through its routine: what a proof plays, and what past damage is asked for.
package struct Course: Hashable, Comparable, Sendable {
    /// The number of the routine in its project.
    package var routine = 0
    /// The read that decides, where there is one.
    package var check: StepID?
    package var act: StepID
    /// Where the code decides on what it read.
    package var decision: Span?
    package var promise: Promise
    /// What is offered against it, where that is more than the promise says.
    package var cure: Cure?

    package init(check: StepID?, act: StepID, decision: Span?, _ promise: Promise, cure: Cure? = nil) {
        self.check = check
        self.act = act
        self.decision = decision
        self.promise = promise
        self.cure = cure
    }

    package static func < (a: Course, b: Course) -> Bool {
        let (one, other) = ((a.routine, a.act, a.check ?? -1), (b.routine, b.act, b.check ?? -1))
        if one != other { return one < other }
        guard let one = a.decision, let other = b.decision else { return a.decision == nil && b.decision != nil }
        return one < other
    }

    /// What the code relies on, and two requests at once break.
    package enum Promise: Hashable, Sendable {
        /// There are never more rows than the limit.
        case cap
        /// There is one such row at most.
        case absence
        /// No more is given out than the column says there is.
        case supply(column: String)
        /// What the column allows is done once.
        case once(column: String)
        /// A row is used once, and gone.
        case use
        /// No change of the column is lost.
        case value(column: String)
        /// Some rows always stay.
        case remainder
        /// One of those who would change the state does so.
        case state(column: String)
    }
}
