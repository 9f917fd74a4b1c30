//! What memory the process took, where the system tells.

/// Octets at the peak, by the system's own account of this process; none where there is none.
pub(super) fn peak() -> Option<u64> {
    told(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn told(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    number.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn the_peak_is_read_or_is_not_there() {
        assert_eq!(told("Name:\ttongshi\nVmHWM:\t  123456 kB\nVmRSS:\t 1 kB\n"), Some(123_456 * 1_024));
        assert_eq!(told("Name:\ttongshi\n"), None);
        assert_eq!(told("VmHWM:\t many kB\n"), None);
    }
}
