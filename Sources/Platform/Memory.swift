import CLinux

/// Gives all threads of this process one heap, half a megabyte less for the seven of the gateway:
/// they allocate too seldom to wait for each other. To be called before there are any.
public func shareOneHeap() {
    clinux_share_heap()
}

/// Gives back the memory of the code that only the start has needed, some megabytes: the reading
/// of the configuration and of the command line. Code that runs on comes again as it is used.
public func releaseStartupCode() {
    clinux_release_code()
}
