internal import CSystem

/// The memory of this process as the kernel counts it.
public enum ProcessMemory {
    /// Gives back what only the start needed: free heap, and the pages of code that will not run again.
    ///
    /// Code that does run again comes back from the page cache, 64 KiB at a time. Any thread; once, after the start.
    public static func settle() {
        csystem_trim_heap()
        csystem_forget_code()
    }
}
