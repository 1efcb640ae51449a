import Console
import Gateway
import Platform

/// The file system with the journal, and the disk that it is on.
struct DiskExam {
    /// With less the journal's next segments do not fit.
    private static let leastBytes: UInt64 = 32 << 20
    /// With less files cannot be made soon.
    private static let leastFiles: UInt64 = 100
    /// File systems that are gone with the power.
    private static let volatile: Set<String> = ["tmpfs", "ramfs"]

    let cabinet: CabinetFacts
    let status: StatusReport?
    let facts: any SystemFacts

    func examine() async -> [Finding] {
        let path = nearest(cabinet.journal.path)
        guard let table = facts.anyText(of: "/proc/self/mountinfo"),
            let mount = Mount.holding(path, in: table)
        else {
            return [Finding(.note, "journal", "which file system has \(path) is not known")]
        }
        return space(at: path) + fileSystem(mount) + disk(of: mount)
    }

    /// The folder, or the nearest above it that is there.
    private func nearest(_ path: String) -> String {
        var parts = path.split(separator: "/").map(String.init)
        while !parts.isEmpty {
            let path = "/" + parts.joined(separator: "/")
            if facts.exists(path) {
                do { return try facts.resolved(path) } catch { return path }
            }
            parts.removeLast()
        }
        return "/"
    }

    // MARK: Room

    private func space(at path: String) -> [Finding] {
        let space: SpaceFacts
        do throws(SystemError) { space = try facts.space(at: path) } catch {
            return [.unseen("room", error)]
        }
        return [bytes(space), files(space)].compactMap(\.self)
    }

    private func bytes(_ space: SpaceFacts) -> Finding {
        let free = "\(byteSize(space.freeBytes)) of \(byteSize(space.bytes)) are free"
        if space.freeBytes < Self.leastBytes {
            return Finding(
                .problem, "room", free + ": the journal takes nothing soon",
                mend: "make room: `journalctl --vacuum-size=16M`, `apt clean`, old files in /home")
        }
        let limit = UInt64(max(cabinet.journal.size.bytes, 0))
        let growth = limit - min(limit, status?.journal.diskBytes ?? 0)
        guard growth <= space.freeBytes else {
            return Finding(
                .warning, "room",
                free + ", and the journal may still grow by \(byteSize(growth))",
                mend: "make room, or write a smaller `journal: {size: ...}`")
        }
        return Finding(.ok, "room", free)
    }

    private func files(_ space: SpaceFacts) -> Finding? {
        guard space.files > 0, space.freeFiles < Self.leastFiles else { return nil }
        return Finding(
            .problem, "room", "only \(space.freeFiles) more files (inodes) fit",
            mend: "find the folder with very many small files and empty it: "
                + "`du --inodes -x / | sort -n | tail`")
    }

    // MARK: The file system

    private func fileSystem(_ mount: Mount) -> [Finding] {
        [writing(mount), kind(mount), access(mount), errors(mount)].compactMap(\.self)
    }

    private func writing(_ mount: Mount) -> Finding? {
        guard mount.options.contains("ro") else { return nil }
        return Finding(
            .problem, "file system", "\(mount.place) is read-only: nothing can be kept",
            mend: "the kernel makes it so after an error of the disk: `dmesg | grep -i ext4`; then "
                + "fsck at the next start, or a new card; else mount -o remount,rw \(mount.place)")
    }

    private func kind(_ mount: Mount) -> Finding? {
        if Self.volatile.contains(mount.type) {
            return Finding(
                .warning, "file system",
                "\(cabinet.journal.path) is in memory (\(mount.type)): a power cut takes what was "
                    + "not delivered",
                mend: "write a `journal: {path: ...}` on a disk")
        }
        if mount.type == "vfat" || mount.type == "exfat" {
            return Finding(
                .warning, "file system",
                "\(mount.place) is \(mount.type), which a power cut can damage as a whole",
                mend: "put the journal on ext4 or f2fs")
        }
        return Finding(.ok, "file system", "\(mount.type) on \(mount.place)")
    }

    /// Each read would otherwise be a write, once a day with relatime.
    private func access(_ mount: Mount) -> Finding? {
        let calm: Set = ["noatime", "relatime"]
        guard !Self.volatile.contains(mount.type), mount.options.isDisjoint(with: calm) else {
            return nil
        }
        return Finding(
            .warning, "file system", "\(mount.place) writes down each access to a file",
            mend: "add `noatime` to its options in /etc/fstab")
    }

    private func errors(_ mount: Mount) -> Finding? {
        let name = String(mount.source.split(separator: "/").last ?? "")
        guard mount.type == "ext4",
            let count = facts.line(of: "/sys/fs/ext4/\(name)/errors_count").flatMap(UInt64.init)
        else { return nil }
        guard count > 0 else { return Finding(.ok, "file system", "ext4 has counted no errors") }
        return Finding(
            .problem, "file system", "ext4 has counted \(count) errors on \(mount.source)",
            mend: "save the configuration, touch /forcefsck and restart; if they come again, "
                + "change the card")
    }

    // MARK: The disk

    private func disk(of mount: Mount) -> [Finding] {
        guard let disk = diskName(of: mount) else { return [] }
        return CardExam(disk: disk, facts: facts, commits: status.map(\.commitsPerDay)).findings
    }

    /// A partition lies in its disk's folder.
    private func diskName(of mount: Mount) -> String? {
        let place: String
        do { place = try facts.resolved("/sys/dev/block/\(mount.device)") } catch { return nil }
        let parts = place.split(separator: "/").map(String.init)
        guard let last = parts.last else { return nil }
        return facts.exists(place + "/partition") ? parts.dropLast().last : last
    }
}

extension StatusReport {
    /// How often a day the journal is written, by the time since the start.
    fileprivate var commitsPerDay: Double {
        Double(journal.commits) / max(uptimeSeconds, 60) * 86_400
    }
}
