#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// PostgreSQL's client library, opened where it is installed: the scanner itself must run on machines without it.
/// https://www.postgresql.org/docs/15/libpq.html
struct LibPQ: @unchecked Sendable {
    typealias Connection = OpaquePointer
    typealias Result = OpaquePointer

    let connect: @convention(c) (UnsafePointer<CChar>?) -> Connection?
    let status: @convention(c) (Connection?) -> Int32
    let finish: @convention(c) (Connection?) -> Void
    let message: @convention(c) (Connection?) -> UnsafeMutablePointer<CChar>?
    let serverVersion: @convention(c) (Connection?) -> Int32
    let backend: @convention(c) (Connection?) -> Int32
    let socket: @convention(c) (Connection?) -> Int32
    let send:
        @convention(c) (
            Connection?, UnsafePointer<CChar>?, Int32, UnsafePointer<UInt32>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?,
            UnsafePointer<Int32>?, Int32
        ) -> Int32
    let execute: @convention(c) (Connection?, UnsafePointer<CChar>?) -> Result?
    let consume: @convention(c) (Connection?) -> Int32
    let isBusy: @convention(c) (Connection?) -> Int32
    let result: @convention(c) (Connection?) -> Result?
    let resultStatus: @convention(c) (Result?) -> Int32
    let resultMessage: @convention(c) (Result?, Int32) -> UnsafeMutablePointer<CChar>?
    let rows: @convention(c) (Result?) -> Int32
    let columns: @convention(c) (Result?) -> Int32
    let value: @convention(c) (Result?, Int32, Int32) -> UnsafeMutablePointer<CChar>?
    let isNull: @convention(c) (Result?, Int32, Int32) -> Int32
    let affected: @convention(c) (Result?) -> UnsafeMutablePointer<CChar>?
    let clear: @convention(c) (Result?) -> Void
    let transaction: @convention(c) (Connection?) -> Int32

    init?(folder: String) {
        #if canImport(Darwin)
            let names = ["\(folder)/libpq.5.dylib", "libpq.5.dylib"]
        #else
            let names = ["\(folder)/libpq.so.5", "libpq.so.5"]
        #endif
        guard let library = names.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first else { return nil }
        func symbol<Function>(_ name: String) -> Function? { dlsym(library, name).map { unsafeBitCast($0, to: Function.self) } }
        guard let connect: @convention(c) (UnsafePointer<CChar>?) -> Connection? = symbol("PQconnectdb"),
            let status: @convention(c) (Connection?) -> Int32 = symbol("PQstatus"), let finish: @convention(c) (Connection?) -> Void = symbol("PQfinish"),
            let message: @convention(c) (Connection?) -> UnsafeMutablePointer<CChar>? = symbol("PQerrorMessage"),
            let serverVersion: @convention(c) (Connection?) -> Int32 = symbol("PQserverVersion"),
            let backend: @convention(c) (Connection?) -> Int32 = symbol("PQbackendPID"), let socket: @convention(c) (Connection?) -> Int32 = symbol("PQsocket"),
            let send:
                @convention(c) (
                    Connection?, UnsafePointer<CChar>?, Int32, UnsafePointer<UInt32>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?,
                    UnsafePointer<Int32>?, Int32
                ) -> Int32 = symbol("PQsendQueryParams"),
            let execute: @convention(c) (Connection?, UnsafePointer<CChar>?) -> Result? = symbol("PQexec"),
            let consume: @convention(c) (Connection?) -> Int32 = symbol("PQconsumeInput"),
            let isBusy: @convention(c) (Connection?) -> Int32 = symbol("PQisBusy"),
            let result: @convention(c) (Connection?) -> Result? = symbol("PQgetResult"),
            let resultStatus: @convention(c) (Result?) -> Int32 = symbol("PQresultStatus"),
            let resultMessage: @convention(c) (Result?, Int32) -> UnsafeMutablePointer<CChar>? = symbol("PQresultErrorField"),
            let rows: @convention(c) (Result?) -> Int32 = symbol("PQntuples"), let columns: @convention(c) (Result?) -> Int32 = symbol("PQnfields"),
            let value: @convention(c) (Result?, Int32, Int32) -> UnsafeMutablePointer<CChar>? = symbol("PQgetvalue"),
            let isNull: @convention(c) (Result?, Int32, Int32) -> Int32 = symbol("PQgetisnull"),
            let affected: @convention(c) (Result?) -> UnsafeMutablePointer<CChar>? = symbol("PQcmdTuples"),
            let clear: @convention(c) (Result?) -> Void = symbol("PQclear"),
            let transaction: @convention(c) (Connection?) -> Int32 = symbol("PQtransactionStatus")
        else { return nil }
        (self.connect, self.status, self.finish, self.message, self.serverVersion, self.backend, self.socket) = (
            connect, status, finish, message, serverVersion, backend, socket
        )
        (self.send, self.execute, self.consume, self.isBusy, self.result) = (send, execute, consume, isBusy, result)
        (self.resultStatus, self.resultMessage, self.rows, self.columns, self.value) = (resultStatus, resultMessage, rows, columns, value)
        (self.isNull, self.affected, self.clear, self.transaction) = (isNull, affected, clear, transaction)
    }
}
