/// What openssl-ca(1) needs to sign with NAME.pem and NAME.key: it alone gives a certificate any
/// first and last day. Lines for a shell, which write `authority.cnf` into its folder.
///
/// - Parameter name: The authority's files.
public func openSSLAuthority(_ name: String) -> String {
    """
    cat > authority.cnf <<END
    [ca]
    default_ca = ours
    [ours]
    database = $PWD/index.txt
    new_certs_dir = $PWD
    certificate = $PWD/\(name).pem
    private_key = $PWD/\(name).key
    rand_serial = yes
    unique_subject = no
    default_md = sha256
    policy = any
    [any]
    commonName = supplied
    END
    : > index.txt

    """
}
