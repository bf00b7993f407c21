//! What this program was built from and by.
//!
//! Heat: cold.

use std::env::consts;

/// What `statsd_exporter_build_info` and `--version` tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BuildInfo {
    /// The package's version.
    pub version: &'static str,
    /// The commit, if the build was told (`STATSD_BRIDGE_REVISION`).
    pub revision: &'static str,
    /// The branch, if the build was told (`STATSD_BRIDGE_BRANCH`).
    pub branch: &'static str,
    /// The compiler, e.g. `rustc 1.95.0`; it stands in the label `goversion`.
    pub compiler: &'static str,
    /// The operating system in Go's words.
    pub os: &'static str,
    /// The processor in Go's words.
    pub arch: &'static str,
}

impl BuildInfo {
    /// Of the running program.
    pub const CURRENT: Self = Self {
        version: env!("CARGO_PKG_VERSION"),
        revision: or_unknown(option_env!("STATSD_BRIDGE_REVISION")),
        branch: or_unknown(option_env!("STATSD_BRIDGE_BRANCH")),
        compiler: env!("STATSD_BRIDGE_RUSTC"),
        os: consts::OS,
        arch: go_arch(),
    };
}

const fn or_unknown(told: Option<&'static str>) -> &'static str {
    match told {
        Some(text) => text,
        None => "unknown",
    }
}

const fn go_arch() -> &'static str {
    if cfg!(target_arch = "x86_64") {
        "amd64"
    } else if cfg!(target_arch = "aarch64") {
        "arm64"
    } else if cfg!(target_arch = "x86") {
        "386"
    } else if cfg!(target_arch = "loongarch64") {
        "loong64"
    } else if cfg!(all(target_arch = "powerpc64", target_endian = "little")) {
        "ppc64le"
    } else {
        // arm, riscv64, s390x have one name everywhere.
        consts::ARCH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_is_known() {
        assert!(BuildInfo::CURRENT.compiler.starts_with("rustc 1."), "{:?}", BuildInfo::CURRENT);
    }
}
