import Platform
import Telemetry

/// A bus that a command has for itself, whether a gateway runs or not.
public struct BorrowedBus: Sendable {
    private let loan: BusLoan
    private let address: String
    private let socket: String
    private let renewal: Task<Void, Never>

    /// The names that the gateway gives the buses.
    public var names: [String] { loan.buses }

    /// Borrows the buses at an address from the gateway on this socket; nil if none runs there or
    /// it does not use the address.
    ///
    /// - Parameter lost: Called if the gateway takes them back before they are returned.
    /// - Throws: `ControlClient.Failure` if a gateway runs and does not lend.
    public init?(
        _ address: String, socket path: String, lost: @escaping @Sendable (String) -> Void
    ) async throws(ControlClient.Failure) {
        // The client's calls block: they have a thread of their own.
        let executor = ThreadExecutor(name: "loan")
        let first = await Task(executorPreference: executor) {
            Result { () throws(ControlClient.Failure) in
                try ControlClient.borrow(address, socket: path)
            }
        }.value
        let loan: BusLoan
        do throws(ControlClient.Failure) {
            guard let given = try first.get() else { return nil }
            loan = given
        } catch {
            if error.isAbsence { return nil }
            throw error
        }
        (self.loan, self.address, socket) = (loan, address, path)
        renewal = Task(executorPreference: executor) {
            do {
                while true {
                    try await executor.sleep(until: executor.now + BusLoan.renewal)
                    _ = try ControlClient.borrow(address, loan: loan, socket: path)
                }
            } catch {
                if !Task.isCancelled { lost("\(error)") }
            }
        }
    }

    /// Gives the buses back.
    ///
    /// - Throws: `ControlClient.Failure` if the gateway did not hear of it; it takes them back by
    ///   itself soon.
    public func giveBack() async throws(ControlClient.Failure) {
        renewal.cancel()
        await renewal.value
        try ControlClient.giveBack(loan, socket: socket)
    }
}
