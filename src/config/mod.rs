//! From what an operator typed to what the server needs. Flags, variables and
//! files of arguments are read once, in cold code, into a [`Config`] of plain
//! values; no later room sees a flag. Nothing is bound, resolved or loaded here.
//!
//! Heat: cold.

mod flags;
mod help;
mod typed;
mod usage;
mod value;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use crate::listener::address::{ListenAddress, UnixAddress};
use crate::logging::{Format, Level};
use crate::model::TagStyles;
use crate::relay::Target;
use typed::Typed;

pub use usage::UsageError;

/// What the program is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Serve until stopped.
    Run(Config),
    /// Check the mapping file and exit.
    CheckConfig(Config),
    /// Print this text to standard output and exit with success.
    Print(String),
}

/// Everything that the server needs to know, decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The web port.
    pub web: Web,
    /// Where `StatsD` lines come from.
    pub listeners: Listeners,
    /// Where copies of all lines go, if they do.
    pub relay: Option<Relay>,
    /// Where the mapping rules come from.
    pub mapping: MappingSource,
    /// Where the rules are drawn at start, if they are.
    pub drawing: Option<PathBuf>,
    /// Which tag styles are read on names of which the rules say nothing.
    pub tag_styles: TagStyles,
    /// How many series are kept.
    pub limits: SeriesLimits,
    /// What is logged, and how.
    pub log: Log,
}

/// The web port.
#[derive(Clone, Debug, PartialEq)]
pub struct Web {
    /// Where it listens.
    pub listen: ListenAddress,
    /// The path of the metrics; begins with `/`, never lies under `/-/`.
    pub telemetry_path: String,
    /// Whether `/-/reload` and `/-/quit` answer.
    pub lifecycle: bool,
    /// Whether `OpenMetrics` 1.0 is offered to scrapers.
    pub openmetrics: bool,
}

/// Where `StatsD` lines come from. In a [`Command::Run`] at least one is on.
#[derive(Clone, Debug, PartialEq)]
pub struct Listeners {
    /// UDP, if it is on.
    pub udp: Option<ListenAddress>,
    /// TCP, if it is on.
    pub tcp: Option<ListenAddress>,
    /// A unix datagram socket, if it is on.
    pub unixgram: Option<UnixAddress>,
    /// A unix stream socket, if it is on.
    pub unix: Option<UnixAddress>,
    /// Permissions of the sockets' files, 0 to 0o7777.
    pub unixsocket_mode: u32,
    /// How many sockets share the UDP address, 1 to 64; `None` leaves it to the
    /// number of cores.
    pub udp_sockets: Option<NonZeroUsize>,
    /// The longest that a datagram may wait for the receiving thread, 0 to
    /// 100 ms.
    pub receive_delay: Duration,
    /// Bytes of `SO_RCVBUF` of datagram sockets, 1 to `i32::MAX`; `None` asks
    /// for as much as the system gives.
    pub read_buffer: Option<usize>,
    /// What each kind of stream may take.
    pub streams: StreamLimits,
}

/// What the connections of one kind, TCP or unix, may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// How many are open at once; 0 is no limit.
    pub connections: usize,
    /// How long one may be silent, 1 s or more; `None` is for ever.
    pub idle_timeout: Option<Duration>,
    /// Bytes of a line, 1 to 65,536.
    pub line_length: usize,
}

/// Where copies of all lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// To whom.
    pub target: Target,
    /// Bytes of a datagram at most, 2 to 65,507.
    pub packet_length: usize,
}

/// Where the mapping rules come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingSource {
    /// A file, read again on reload.
    File(PathBuf),
    /// Rules that are built in, by their name.
    Preset(&'static str),
    /// There are no rules.
    None,
}

/// How many series are kept; 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesLimits {
    /// In all.
    pub total: usize,
    /// Of one family.
    pub per_family: usize,
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// The least severe level that is logged.
    pub level: Level,
    /// How a line is written.
    pub format: Format,
}

impl Config {
    /// Decides what to do from the arguments, without the program's name, and
    /// the environment. The only thing it touches outside of its arguments is
    /// the file of an `@FILE`.
    ///
    /// # Errors
    /// One sentence when a flag is unknown, repeated or malformed, when a
    /// variable is malformed, or when every listener is off.
    pub fn from_args(
        args: impl Iterator<Item = OsString>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Command, UsageError> {
        let typed = Typed::read(args, env)?;
        if typed.wants_help() {
            return Ok(Command::Print(help::help()));
        }
        if typed.wants_version() {
            return Ok(Command::Print(help::version()));
        }
        check_ignored(&typed)?;
        let config = Self::from_typed(&typed)?;
        if typed.switch(&flags::CHECK_CONFIG)? {
            return Ok(Command::CheckConfig(config));
        }
        if config.listeners.all_off() {
            return Err(all_off());
        }
        Ok(Command::Run(config))
    }

    fn from_typed<E: Fn(&str) -> Option<String>>(typed: &Typed<E>) -> Result<Self, UsageError> {
        Ok(Self {
            web: Web {
                listen: typed.value(&flags::WEB_LISTEN_ADDRESS, ListenAddress::parse)?,
                telemetry_path: typed.value(&flags::WEB_TELEMETRY_PATH, value::url_path)?,
                lifecycle: typed.switch(&flags::WEB_ENABLE_LIFECYCLE)?,
                openmetrics: typed.value(&flags::WEB_OPENMETRICS, value::openmetrics)?,
            },
            listeners: Listeners::from_typed(typed)?,
            relay: Relay::from_typed(typed)?,
            mapping: MappingSource::from_typed(typed)?,
            drawing: typed.value(&flags::DUMP_FSM, value::file_or_none)?,
            tag_styles: TagStyles {
                dogstatsd: typed.switch(&flags::PARSE_DOGSTATSD)?,
                influxdb: typed.switch(&flags::PARSE_INFLUXDB)?,
                librato: typed.switch(&flags::PARSE_LIBRATO)?,
                signalfx: typed.switch(&flags::PARSE_SIGNALFX)?,
            },
            limits: SeriesLimits {
                total: typed.value(&flags::MAX_SERIES, value::count)?,
                per_family: typed.value(&flags::MAX_SERIES_PER_FAMILY, value::count)?,
            },
            log: Log {
                level: typed.value(&flags::LOG_LEVEL, value::log_level)?,
                format: typed.value(&flags::LOG_FORMAT, value::log_format)?,
            },
        })
    }
}

impl Listeners {
    fn from_typed<E: Fn(&str) -> Option<String>>(typed: &Typed<E>) -> Result<Self, UsageError> {
        Ok(Self {
            udp: typed.value(&flags::LISTEN_UDP, ListenAddress::parse_or_off)?,
            tcp: typed.value(&flags::LISTEN_TCP, ListenAddress::parse_or_off)?,
            unixgram: typed.value(&flags::LISTEN_UNIXGRAM, UnixAddress::parse_or_off)?,
            unix: typed.value(&flags::LISTEN_UNIX, UnixAddress::parse_or_off)?,
            unixsocket_mode: typed.value(&flags::UNIXSOCKET_MODE, value::file_mode)?,
            udp_sockets: typed.value(&flags::UDP_SOCKETS, value::sockets)?,
            receive_delay: typed.value(&flags::RECEIVE_DELAY, value::receive_delay)?,
            read_buffer: typed.value(&flags::READ_BUFFER, value::buffer_size)?,
            streams: StreamLimits {
                connections: typed.value(&flags::STREAM_CONNECTIONS, value::count)?,
                idle_timeout: typed.value(&flags::STREAM_IDLE_TIMEOUT, value::idle_timeout)?,
                line_length: typed.value(&flags::STREAM_LINE_LENGTH, value::line_length)?,
            },
        })
    }

    const fn all_off(&self) -> bool {
        self.udp.is_none() && self.tcp.is_none() && self.unixgram.is_none() && self.unix.is_none()
    }
}

impl Relay {
    fn from_typed<E: Fn(&str) -> Option<String>>(
        typed: &Typed<E>,
    ) -> Result<Option<Self>, UsageError> {
        let packet_length = typed.value(&flags::RELAY_PACKET_LENGTH, value::packet_length)?;
        let target = typed.value(&flags::RELAY_ADDRESS, value::relay_target)?;
        Ok(target.map(|target| Self { target, packet_length }))
    }
}

impl MappingSource {
    fn from_typed<E: Fn(&str) -> Option<String>>(typed: &Typed<E>) -> Result<Self, UsageError> {
        // The preset is looked at even where a file replaces it: a typing error
        // is one whichever wins.
        let preset = typed.value(&flags::MAPPING_PRESET, preset)?;
        let file = typed.value(&flags::MAPPING_CONFIG, |text| Ok(PathBuf::from(text)))?;
        Ok(if file.as_os_str().is_empty() { preset } else { Self::File(file) })
    }
}

fn preset(text: &str) -> Result<MappingSource, String> {
    match text {
        "mastodon" => Ok(MappingSource::Preset("mastodon")),
        "none" => Ok(MappingSource::None),
        _ => Err("mastodon or none".to_owned()),
    }
}

/// Flags without an effect are still read, so that a typing error in one shows.
fn check_ignored<E: Fn(&str) -> Option<String>>(typed: &Typed<E>) -> Result<(), UsageError> {
    typed.value(&flags::CACHE_SIZE, value::ignored_integer)?;
    typed.value(&flags::CACHE_TYPE, value::ignored_cache_type)?;
    typed.value(&flags::EVENT_QUEUE_SIZE, value::ignored_count)?;
    typed.value(&flags::EVENT_FLUSH_THRESHOLD, value::ignored_integer)?;
    typed.value(&flags::EVENT_FLUSH_INTERVAL, value::ignored_duration)?;
    typed.value(&flags::UDP_PACKET_QUEUE_SIZE, value::ignored_integer)
}

fn all_off() -> UsageError {
    UsageError::new(
        "every listener is off: give an address to --statsd.listen-udp, --statsd.listen-tcp, \
         --statsd.listen-unixgram or --statsd.listen-unix",
    )
}

#[cfg(test)]
mod tests;
