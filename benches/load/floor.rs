//! The floor seen from outside: a [`sink`](crate::sink) as a child.
//!
//! Heat: cold.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use crate::harness::process::Process;
use crate::options::SINK;
use crate::sink::Kind;
use crate::subject::{Counts, Subject};

pub struct Floor {
    name: &'static str,
    process: Process,
    udp: SocketAddr,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Floor {
    pub fn start(kind: Kind) -> Self {
        let own = std::env::current_exe().expect("the harness is a file");
        let mut command = Command::new(own);
        command.arg(SINK).arg(kind.name()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Process::spawn(&mut command);
        let (stdin, stdout) = process.pipes();
        let mut stdout = BufReader::new(stdout);
        let port = numbers(&mut stdout)[0] as u16;
        let name = match kind {
            Kind::Coalescing => "floor",
            Kind::OneByOne => "a wake-up for each",
        };
        let udp = SocketAddr::from(([127, 0, 0, 1], port));
        Self { name, process, udp, pipes: RefCell::new((stdin, stdout)) }
    }
}

impl Subject for Floor {
    fn name(&self) -> &str {
        self.name
    }
    fn process(&self) -> &Process {
        &self.process
    }
    fn udp(&self) -> SocketAddr {
        self.udp
    }
    fn balances(&self) -> bool {
        true
    }
    fn counts(&self) -> Counts {
        let (stdin, stdout) = &mut *self.pipes.borrow_mut();
        writeln!(stdin).expect("the floor is alive");
        let counts = numbers(stdout);
        Counts { datagrams: counts[0], lines: None, dropped: counts[1] }
    }
}

fn numbers(from: &mut impl BufRead) -> Vec<u64> {
    let mut line = String::new();
    from.read_line(&mut line).expect("the floor is alive");
    line.split_whitespace().map(|word| word.parse().expect("the floor tells numbers")).collect()
}
