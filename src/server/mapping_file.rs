//! The mapping file as bytes. It may be replaced or written over while it is
//! read, and its path may lead to anything: whatever it is, reading comes to an
//! end, and takes no more memory than the largest file that is accepted.
//!
//! Heat: cold.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// No mapping file is larger: 100,000 rules take a tenth of it.
const LARGEST: u64 = 64 << 20;
/// How long the other end of a pipe may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause before looking again.
const PAUSE: Duration = Duration::from_millis(10);
/// How often a file is read that changes meanwhile.
const ATTEMPTS: u32 = 5;

/// Reads a file of which nothing changed while it was read.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    for _ in 0..ATTEMPTS {
        // Without waiting for somebody to open the other end of a pipe.
        let mut file = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
        let before = file.metadata()?;
        let bytes = read_all(&mut file)?;
        if before.file_type().is_fifo() && bytes.is_empty() {
            return Err(io::Error::other("it is a pipe, and nothing came through it"));
        }
        if version(&before) == version(&file.metadata()?) || !before.is_file() {
            return Ok(bytes);
        }
        thread::sleep(PAUSE);
    }
    Err(io::Error::other("it is being written to all the time"))
}

/// What is another one when a file was written to.
fn version(file: &Metadata) -> (u64, i64, i64) {
    (file.len(), file.mtime(), file.mtime_nsec())
}

fn read_all(file: &mut File) -> io::Result<Vec<u8>> {
    let end = Instant::now() + PATIENCE;
    let mut bytes = Vec::new();
    loop {
        let room = (LARGEST + 1).saturating_sub(bytes.len() as u64);
        match file.by_ref().take(room).read_to_end(&mut bytes) {
            // Of a pipe, there may be more to come.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && Instant::now() < end => {
                thread::sleep(PAUSE);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(io::Error::other("it is a pipe, and its other end keeps it open"));
            }
            Err(error) => return Err(error),
            Ok(_) if bytes.len() as u64 > LARGEST => {
                return Err(io::Error::other("it is larger than 64 MiB"));
            }
            Ok(_) => return Ok(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Write, pipe};
    use std::os::fd::AsRawFd;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn devices_and_what_is_no_file_come_to_an_end() {
        assert_eq!(read(Path::new("/dev/null")).unwrap(), b"");
        let text = |path: &str| read(Path::new(path)).unwrap_err().to_string();
        assert!(text("/dev/zero").contains("larger than 64 MiB"));
        assert!(text("/").contains("directory"));
        assert!(text("/nonexistent").contains("No such file"));
    }

    /// As a shell's `<(command)` gives it.
    #[test]
    fn a_pipe_is_read_to_its_end() {
        let (end, mut start) = pipe().unwrap();
        let path = format!("/dev/fd/{}", end.as_raw_fd());
        let writer = thread::spawn(move || {
            for part in ["mappings:", " []\n"] {
                thread::sleep(PAUSE * 2);
                start.write_all(part.as_bytes()).unwrap();
            }
        });
        assert_eq!(read(Path::new(&path)).unwrap(), b"mappings: []\n");
        writer.join().unwrap();
        let again = read(Path::new(&path)).unwrap_err().to_string();
        assert!(again.contains("nothing came through it"), "{again}");
    }

    #[test]
    fn a_file_that_is_written_to_all_the_time_is_not_read_half() {
        let path = std::env::temp_dir().join(format!("statsd-bridge-{}.yml", std::process::id()));
        let (written, stop) = (path.clone(), std::sync::Arc::new(AtomicBool::new(false)));
        let stopped = std::sync::Arc::clone(&stop);
        std::fs::write(&path, "a".repeat(1 << 20)).unwrap();
        let writer = thread::spawn(move || {
            let mut file = File::options().append(true).open(&written).unwrap();
            while !stopped.load(Ordering::Relaxed) {
                file.write_all(b"b").unwrap();
            }
        });
        let outcome = read(&path);
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap();
        let whole = read(&path).unwrap().len() as u64;
        assert_eq!(whole, std::fs::metadata(&path).unwrap().len());
        std::fs::remove_file(&path).unwrap();
        // Read between two writes, or refused.
        if let Err(error) = outcome {
            assert!(error.to_string().contains("being written to"), "{error}");
        }
    }
}
