#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads regular files, and nothing else: a FIFO or a device would block or never end.
package enum FileReader {
    package static func read(_ path: String, limit: Int = .max) throws(DiscoveryError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw DiscoveryError(description: "\(path): \(String(cString: strerror(errno)).lowercased())") }
        defer { close(descriptor) }
        var info = stat()
        guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { throw DiscoveryError(description: "\(path): not a regular file") }
        let size = min(Int(info.st_size), limit)
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                #if canImport(Glibc)
                    let got = Glibc.read(descriptor, buffer.baseAddress! + count, size - count)
                #else
                    let got = Darwin.read(descriptor, buffer.baseAddress! + count, size - count)
                #endif
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                guard got > 0 else { return }
                count += got
            }
        }
        if failure != 0 { throw DiscoveryError(description: "\(path): \(String(cString: strerror(failure)).lowercased())") }
        return bytes
    }
}
