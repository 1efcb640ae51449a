import CLinux

/// Gives all threads of this process one heap, half a megabyte less for the seven of the gateway:
/// they allocate too seldom to wait for each other. To be called before there are any.
public func shareOneHeap() {
    clinux_share_heap()
}
