import Glibc

/// The families a name has addresses in, in the system's order of preference, each as the
/// wildcard address that a socket of the family binds to. A name with one family needs no
/// binding: nil.
///
/// The library connects to a name's first address only. A broker that has an IPv6 address
/// which cannot be reached would never be reached over IPv4; so each family gets its try.
func bindAddresses(for host: String) throws(ConnectionFailure) -> [String?] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, nil, &hints, &list)
    guard code == 0 else {
        throw ConnectionFailure(
            .nameNotResolved,
            "\(host): \(String(cString: gai_strerror(code))); check the broker's name in the "
                + "configuration and the DNS servers in /etc/resolv.conf")
    }
    defer { freeaddrinfo(list) }
    var families: [Int32] = []
    var next = list
    while let entry = next?.pointee {
        if !families.contains(entry.ai_family) { families.append(entry.ai_family) }
        next = entry.ai_next
    }
    return families.count < 2 ? [nil] : families.map { $0 == AF_INET6 ? "::" : "0.0.0.0" }
}
