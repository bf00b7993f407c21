//! Loads the rules again: two files by turns, by SIGHUP and over HTTP, and now
//! and then one that has to be refused.
//!
//! Heat: cold.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::books::{Books, Key, REFUSED_RELOADS, RELOADED};
use crate::bridge::Bridge;
use crate::gate::Actor;
use crate::harness::scrape::Client;
use crate::rules;
use crate::shown::Shown;

/// One in so many is broken.
const BROKEN_EVERY: usize = 4;
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Reloads {
    process: Pid,
    web: SocketAddr,
    folder: PathBuf,
    client: Client,
    turn: usize,
    /// So far, good and refused ones.
    done: [f64; 2],
}

impl Reloads {
    pub fn new(bridge: &Bridge) -> Self {
        Self {
            process: bridge.id(),
            web: bridge.places().web,
            folder: bridge.folder().to_owned(),
            client: bridge.client(),
            turn: 0,
            done: [0.0; 2],
        }
    }

    /// Waits until it is counted: signals that come too soon are one.
    fn is_counted(&mut self, key: Key, wanted: f64) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if Shown::scrape(&mut self.client).value(key) == wanted {
                return true;
            }
            thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Actor for Reloads {
    fn step(&mut self, books: &mut Books) {
        self.turn += 1;
        let refused = self.turn.is_multiple_of(BROKEN_EVERY);
        let text = if refused {
            rules::broken(self.turn / BROKEN_EVERY)
        } else {
            rules::file(self.turn % 2).into_bytes()
        };
        replace(&self.folder, &text);
        if self.turn.is_multiple_of(3) {
            post(self.web);
        } else {
            kill(self.process, Signal::SIGHUP).expect("the bridge is alive");
        }
        let key = if refused { REFUSED_RELOADS } else { RELOADED };
        let done = &mut self.done[usize::from(refused)];
        *done += 1.0;
        let wanted = *done;
        books.add(key, 1.0);
        if !self.is_counted(key, wanted) {
            books.breaches.push(format!("reload {} is not counted", self.turn));
        }
    }

    fn rest(&mut self, _: &mut Books) {
        self.client.hang_up();
    }
}

/// As an operator should: the file is never half.
fn replace(folder: &Path, text: &[u8]) {
    let new = folder.join("mapping.new");
    fs::write(&new, text).expect("the target folder can be written to");
    fs::rename(new, folder.join("mapping.yml")).expect("the target folder can be written to");
}

fn post(web: SocketAddr) {
    let mut stream = TcpStream::connect(web).expect("the bridge listens");
    let request = "POST /-/reload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                   Content-Length: 0\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("the bridge takes requests");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the bridge answers");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}
