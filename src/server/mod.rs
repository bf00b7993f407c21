//! The roof: builds every part once, starts them, and stops them in order.
//!
//! | file | job |
//! |---|---|
//! | `mod.rs` | from arguments to an exit code |
//! | [`run()`] | the running server: sockets in, shutdown out |
//! | `rules` | where the rule set comes from, at start and on reload |
//! | `mapping_file` | the mapping file as bytes, whatever its path leads to |
//! | `web` | what the web port serves |
//! | `intake` | workers as the listeners want them |
//! | `datagrams` | the threads that receive datagrams |
//! | `housekeeping` | what happens once a second, and on SIGHUP |
//! | `allocator` | what the system's allocator is asked for |
//! | `huge_pages` | what of the heap is put into huge pages |
//! | `announce` | what the log says at start and stop |
//! | `signals` | SIGHUP, SIGTERM, SIGINT |
//!
//! It decides nothing about lines, series or text.
//!
//! Heat: cold.

mod allocator;
mod announce;
mod datagrams;
mod housekeeping;
mod huge_pages;
mod intake;
mod mapping_file;
mod rules;
mod run;
mod signals;
mod web;

use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write;
use std::num::NonZeroUsize;
use std::process::ExitCode;

use tracing::{error, warn};

pub use allocator::settle_allocator;
pub use run::{RunError, run};

use crate::config::{Command, Config};
use crate::listener::bind::{BoundListeners, Wanted, bind};
use crate::listener::raise_open_files;
use crate::logging;

/// The whole program, from its arguments (without its name) to its exit code: 0
/// after a stop that was asked for, 1 with one sentence on standard error when
/// it cannot start.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match Config::from_args(arguments, |name| std::env::var(name).ok()) {
        Ok(Command::Print(text)) => {
            say(&mut std::io::stdout(), &text);
            ExitCode::SUCCESS
        }
        Ok(Command::CheckConfig(config)) => check(&config),
        Ok(Command::Run(config)) => serve(config),
        Err(error) => fail(error),
    }
}

/// Writes; if nobody reads, there is nobody to tell.
fn say(to: &mut impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

fn fail(reason: impl Display) -> ExitCode {
    logging::last_words(&format!("statsd-bridge: {reason}\n"));
    ExitCode::FAILURE
}

/// `--check-config`: says what is wrong with the mapping file, or what is odd.
fn check(config: &Config) -> ExitCode {
    let loaded = match rules::load(config) {
        Ok(loaded) => loaded,
        Err(error) => return fail(error),
    };
    for warning in &loaded.warnings {
        say(&mut std::io::stderr(), &format!("statsd-bridge: warning: {warning}\n"));
    }
    if let Err(error) = rules::draw(config, &loaded.rules) {
        let warning = format!("statsd-bridge: warning: cannot draw the rules: {error}\n");
        say(&mut std::io::stderr(), &warning);
    }
    let (name, count) = (rules::name(&config.mapping), loaded.rules.len());
    let rules = if count == 1 { "rule" } else { "rules" };
    say(&mut std::io::stdout(), &format!("{name}: {count} {rules}, fine\n"));
    ExitCode::SUCCESS
}

fn serve(config: Config) -> ExitCode {
    settle_allocator();
    huge_pages::align_heap();
    logging::start(config.log.level, config.log.format);
    let rules = match rules::load(&config) {
        Ok(rules) => rules,
        Err(error) => return fail(error),
    };
    if let Err(error) = rules::draw(&config, &rules.rules) {
        error!(%error, "cannot draw the rules for --debug.dump-fsm");
    }
    match raise_open_files() {
        Ok(limit) => announce::open_files(limit, &config),
        Err(error) => warn!(%error, "cannot raise the limit of open files"),
    }
    let listeners = match bind(&wanted(&config)) {
        Ok(listeners) => listeners,
        Err(error) => return fail(error),
    };
    match run_to_the_end(config, rules, listeners) {
        Ok(()) => {
            logging::finish();
            ExitCode::SUCCESS
        }
        Err(RunError::Relay(error)) => fail(error),
        Err(error) => {
            error!(%error, "stopped");
            logging::finish();
            ExitCode::FAILURE
        }
    }
}

fn run_to_the_end(
    config: Config,
    rules: crate::mapping::Loaded,
    listeners: BoundListeners,
) -> Result<(), RunError> {
    // Streams and scrapes are what is left to the runtime: datagrams have
    // threads of their own.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores().min(MOST_RUNTIME_THREADS))
        .enable_all()
        .build()
        .map_err(RunError::Runtime)?;
    runtime.block_on(async {
        let shutdown = signals::termination().map_err(RunError::Runtime)?;
        run(config, rules, listeners, shutdown).await
    })
}

/// More threads than these have nothing to do: a stream's lines are applied in
/// well under a microsecond each.
const MOST_RUNTIME_THREADS: usize = 4;

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

fn wanted(config: &Config) -> Wanted {
    let listeners = &config.listeners;
    Wanted {
        udp: listeners.udp.clone(),
        udp_sockets: listeners.udp_sockets.unwrap_or_else(udp_sockets),
        tcp: listeners.tcp.clone(),
        unixgram: listeners.unixgram.clone(),
        unix: listeners.unix.clone(),
        unixsocket_mode: listeners.unixsocket_mode,
        web: vec![config.web.listen.clone()],
        read_buffer: listeners.read_buffer.and_then(NonZeroUsize::new),
    }
}

/// Where nobody says how many: one receiving thread for two cores. The kernel
/// needs at least as long for a datagram as we do, and a sender keeps to one
/// socket.
fn udp_sockets() -> NonZeroUsize {
    NonZeroUsize::new((cores() / 2).clamp(1, 8)).unwrap_or(NonZeroUsize::MIN)
}
