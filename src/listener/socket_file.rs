//! Binding a unix socket, of datagrams or of streams, to a path or an abstract
//! name, and the file
//! that a path leaves behind: one whose process is gone is replaced, one that
//! someone listens on is not, and ours is removed at stop. Nothing but a socket
//! is ever removed.
//!
//! Heat: cold.

use std::fs::{self, Permissions};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};

use tracing::warn;

use super::address::UnixAddress;
use super::bind::IN_USE;

/// The file of a bound socket. Dropping this removes it, if it is still ours.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// Device and inode: somebody may have put another file in its place.
    identity: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|now| now == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Binds with `open`, `bind_addr` of the kind of socket. `mode` is for the file
/// of a path, an abstract name has none. The error is a sentence that says why
/// not, without the path.
pub(super) fn bind<S>(
    address: &UnixAddress,
    mode: u32,
    open: impl Fn(&SocketAddr) -> io::Result<S>,
) -> Result<(S, Option<SocketFile>), String> {
    let bound = match address {
        UnixAddress::Path(path) => return bind_path(path, mode, open),
        UnixAddress::Abstract(name) => {
            SocketAddr::from_abstract_name(name.as_bytes()).and_then(|address| open(&address))
        }
    };
    bound.map(|socket| (socket, None)).map_err(|error| reason(&error))
}

fn bind_path<S>(
    path: &Path,
    mode: u32,
    open: impl Fn(&SocketAddr) -> io::Result<S>,
) -> Result<(S, Option<SocketFile>), String> {
    remove_if_stale(path)?;
    let bound = SocketAddr::from_pathname(path).and_then(|address| open(&address));
    let socket = bound.map_err(|error| reason(&error))?;
    let identity = identity(path).map_err(|error| error.to_string())?;
    let file = SocketFile { path: path.to_owned(), identity };
    if let Err(error) = fs::set_permissions(path, Permissions::from_mode(mode)) {
        warn!(path = %path.display(), %error, "cannot set the mode of the socket file");
    }
    Ok((socket, Some(file)))
}

/// Removes the socket file of a process that is gone.
fn remove_if_stale(path: &Path) -> Result<(), String> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.map_err(|error| error.to_string())?,
    };
    if !found.file_type().is_socket() {
        return Err("there is a file of that name that is not a socket".to_owned());
    }
    let asked = UnixDatagram::unbound().and_then(|socket| socket.connect(path));
    match asked {
        // Nobody holds the socket that the file once belonged to.
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|error| format!("cannot remove the stale file: {error}"))
        }
        // A socket of another type answers EPROTOTYPE: it is alive.
        Ok(()) => Err("another process listens on it".to_owned()),
        Err(error) if error.raw_os_error() == Some(libc::EPROTOTYPE) => {
            Err("another process listens on it".to_owned())
        }
        Err(error) => Err(format!("cannot tell whether another process listens on it: {error}")),
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => IN_USE.to_owned(),
        _ => error.to_string(),
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|file| (file.dev(), file.ino()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A directory of one test, removed after it.
    struct Directory(PathBuf);

    impl Directory {
        fn new() -> Self {
            static NUMBER: AtomicUsize = AtomicUsize::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let name = format!("statsd-bridge-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn socket(&self) -> PathBuf {
            self.0.join("statsd.sock")
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn bind_at(path: &Path) -> Result<(UnixDatagram, Option<SocketFile>), String> {
        bind(&UnixAddress::Path(path.to_owned()), 0o640, UnixDatagram::bind_addr)
    }

    fn listen_at(path: &Path) -> Result<(UnixListener, Option<SocketFile>), String> {
        bind(&UnixAddress::Path(path.to_owned()), 0o640, UnixListener::bind_addr)
    }

    #[test]
    fn a_listening_stream_has_its_file_like_a_datagram_socket() {
        let directory = Directory::new();
        let wanted = directory.socket();
        drop(UnixListener::bind(&wanted).unwrap());
        assert!(wanted.exists(), "it is stale now");
        let (_listener, file) = listen_at(&wanted).unwrap();
        assert_eq!(fs::metadata(&wanted).unwrap().mode() & 0o777, 0o640);
        assert_eq!(listen_at(&wanted).unwrap_err(), "another process listens on it");
        assert_eq!(bind_at(&wanted).unwrap_err(), "another process listens on it");
        UnixStream::connect(&wanted).unwrap();
        drop(file);
        assert!(!wanted.exists());
    }

    #[test]
    fn the_file_has_its_mode_and_goes_with_the_socket() {
        let directory = Directory::new();
        let wanted = directory.socket();
        let (socket, file) = bind_at(&wanted).unwrap();
        assert_eq!(fs::metadata(&wanted).unwrap().mode() & 0o777, 0o640);
        UnixDatagram::unbound().unwrap().send_to(b"x", &wanted).unwrap();
        assert_eq!(socket.recv(&mut [0; 2]).unwrap(), 1);
        drop(file);
        assert!(!wanted.exists());
    }

    #[test]
    fn a_stale_file_is_replaced_and_a_live_one_is_not() {
        let directory = Directory::new();
        let wanted = directory.socket();
        drop(UnixDatagram::bind(&wanted).unwrap());
        assert!(wanted.exists(), "it is stale now");
        let (socket, _file) = bind_at(&wanted).unwrap();
        let error = bind_at(&wanted).unwrap_err();
        assert_eq!(error, "another process listens on it");
        UnixDatagram::unbound().unwrap().send_to(b"x", &wanted).unwrap();
        assert_eq!(socket.recv(&mut [0; 2]).unwrap(), 1, "the first is not disturbed");
    }

    #[test]
    fn what_is_not_a_stale_socket_is_left_alone() {
        let directory = Directory::new();
        let wanted = directory.socket();
        fs::write(&wanted, "precious").unwrap();
        assert!(bind_at(&wanted).unwrap_err().contains("not a socket"));
        assert_eq!(fs::read(&wanted).unwrap(), b"precious");
        fs::remove_file(&wanted).unwrap();

        let _stream = UnixListener::bind(&wanted).unwrap();
        assert_eq!(bind_at(&wanted).unwrap_err(), "another process listens on it");
        assert!(wanted.exists());
    }

    #[test]
    fn a_file_that_took_our_place_is_not_removed() {
        let directory = Directory::new();
        let wanted = directory.socket();
        let (_socket, file) = bind_at(&wanted).unwrap();
        // Renamed, not removed: a file system may give a freed inode again.
        fs::rename(&wanted, directory.0.join("elsewhere")).unwrap();
        fs::write(&wanted, "another's").unwrap();
        drop(file);
        assert!(wanted.exists());
    }

    #[test]
    fn an_abstract_name_leaves_no_file() {
        let name = format!("statsd-bridge-test-{}", std::process::id());
        let wanted = UnixAddress::Abstract(name.as_str().into());
        let (socket, file) = bind(&wanted, 0o755, UnixDatagram::bind_addr).unwrap();
        assert!(file.is_none());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        UnixDatagram::unbound().unwrap().send_to_addr(b"x", &address).unwrap();
        assert_eq!(socket.recv(&mut [0; 2]).unwrap(), 1);
        let again = bind(&wanted, 0o755, UnixDatagram::bind_addr);
        assert!(again.unwrap_err().contains("in use"));
    }

    #[test]
    fn a_path_that_cannot_be_is_told() {
        assert!(bind_at(Path::new("/no/such/directory/socket")).is_err());
        let too_long = format!("/{}", "x".repeat(200));
        assert!(bind_at(Path::new(&too_long)).is_err(), "longer than the system allows");
    }
}
