//! The law of the floors: who may import whom, who may name which crate, and
//! what a hot module may not name. It reads the source, so a breach fails here
//! before anybody has to notice it in a review.
//!
//! Heat: cold.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use support::rust_source::{Source, Tokens, test_modules, without_tests};

/// The floor of each room. A room imports only from floors below its own.
const FLOORS: [(&str, u32); 13] = [
    ("model", 0),
    ("protocol", 1),
    ("mapping", 1),
    ("metric", 1),
    ("registry", 2),
    ("ingest", 3),
    ("exposition", 3),
    ("listener", 4),
    ("relay", 4),
    ("http", 4),
    ("config", 5),
    ("server", 5),
    ("main", 6),
];

/// Who may import a room of its own floor: the server is run with a `Config`.
const SAME_FLOOR: (&str, &str) = ("server", "config");

/// The rooms beside: what each imports, the lowest floor that imports it, and
/// whether it does I/O or reads the time.
const BESIDE: [(&str, &[&str], u32, bool); 7] = [
    ("telemetry", &["model", "sync"], 2, false),
    ("sync", &[], 1, false),
    ("prefetch", &[], 1, false),
    ("seeded", &[], 2, false),
    ("clock", &["model"], 4, true),
    ("logging", &[], 4, true),
    ("accept", &[], 4, true),
];

/// The one room that may name a crate.
const CRATES: [(&str, Option<&str>); 6] = [
    ("nom", Some("protocol")),
    ("serde_yaml", Some("mapping")),
    ("regex", Some("mapping")),
    ("dashmap", Some("registry")),
    ("prometheus", Some("telemetry")),
    // Any room, but only one.
    ("hdrhistogram", None),
];

/// The first floor that may do I/O and read the time.
const IO_FLOOR: u32 = 4;

/// The files that may hold `unsafe`.
const UNSAFE_FILES: [&str; 4] =
    ["ingest/marks.rs", "listener/receive.rs", "prefetch.rs", "server/allocator.rs"];

/// What a hot module names only in its tests: locks and what waits, clocks,
/// calls through a table, and tasks.
const NOT_HOT: [&str; 19] = [
    "Mutex",
    "RwLock",
    "Condvar",
    "Barrier",
    "Once",
    "OnceLock",
    "LazyLock",
    "DashMap",
    "ShardedSet",
    "park",
    "sleep",
    "yield_now",
    "Instant",
    "SystemTime",
    "Clock",
    "dyn",
    "async",
    "await",
    "tracing",
];

/// The macros that a hot module calls only in its tests: they make text.
const NOT_HOT_MACROS: [&str; 18] = [
    "format",
    "format_args",
    "write",
    "writeln",
    "print",
    "println",
    "eprint",
    "eprintln",
    "dbg",
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "event",
    "span",
    "todo",
    "unimplemented",
];

/// Words that a hot module may name all the same, and why.
const BUT: [(&str, &str, &str); 2] = [
    ("sync.rs", "OnceLock", "stands in for `OnceBox` where loom models it, in no other build"),
    ("sync.rs", "Mutex", "passed on to `ingest/published.rs`, which locks once a reload"),
];

fn floor(room: &str) -> Option<u32> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

fn beside(room: &str) -> Option<(&'static [&'static str], u32)> {
    let found = BESIDE.iter().find(|(name, ..)| *name == room);
    found.map(|(_, imports, lowest, _)| (*imports, *lowest))
}

/// Whether the room may do I/O and read the time.
fn may_do_io(room: &str) -> bool {
    floor(room).is_some_and(|floor| floor >= IO_FLOOR)
        || BESIDE.iter().any(|(name, _, _, io)| *name == room && *io)
}

/// Every breach of the law.
fn breaches(sources: &[Source]) -> Vec<String> {
    let tests = files_of_tests(sources);
    let mut found = Vec::new();
    let mut namers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources {
        let mut say = |what: String| found.push(format!("src/{}: {what}", source.path));
        check_doc(source, tests.contains(&source.path), &mut say);
        let Some(room) = source.room() else { continue };
        if floor(room).is_none() && beside(room).is_none() {
            say(format!("the room `{room}` has no floor"));
            continue;
        }
        check_imports(source, room, &mut say);
        if tests.contains(&source.path) {
            continue;
        }
        let tokens = without_tests(&source.tokens());
        check_words(source, room, &tokens, &mut say);
        for (name, _) in CRATES {
            if names_crate(&tokens, name) {
                namers.entry(name).or_default().insert(room);
            }
        }
    }
    for (name, rooms) in namers {
        let home = CRATES.iter().find(|(other, _)| *other == name).and_then(|(_, home)| *home);
        if rooms.len() > 1 || home.is_some_and(|home| !rooms.contains(home)) {
            found.push(format!("the crate `{name}` is named in {rooms:?}, not only in {home:?}"));
        }
    }
    found
}

/// The files of modules that are declared under `#[cfg(test)]`.
fn files_of_tests(sources: &[Source]) -> BTreeSet<String> {
    let mut folders = BTreeSet::new();
    for source in sources {
        for module in test_modules(&source.tokens()) {
            let mut parts = source.module();
            parts.push(&module);
            folders.insert(parts.join("/"));
        }
    }
    let inside = |source: &&Source| {
        let module = source.module().join("/");
        folders.iter().any(|folder| module == *folder || module.starts_with(&format!("{folder}/")))
    };
    sources.iter().filter(inside).map(|source| source.path.clone()).collect()
}

fn check_doc(source: &Source, only_tests: bool, say: &mut impl FnMut(String)) {
    if source.module_doc().is_empty() {
        say("does not begin with a module doc".to_owned());
    }
    // The crate's root is a table of contents and no code; tests have no heat.
    if source.path != "lib.rs" && !only_tests && source.heat().is_none() {
        say("its module doc does not end with `Heat: hot | warm | cold`".to_owned());
    }
}

fn check_imports(source: &Source, room: &str, say: &mut impl FnMut(String)) {
    for other in source.rooms_named() {
        if other == room {
            continue;
        }
        let allowed = match (floor(room), beside(room), floor(&other), beside(&other)) {
            (Some(own), _, Some(theirs), _) => theirs < own || (room, &*other) == SAME_FLOOR,
            (Some(own), _, _, Some((_, lowest))) => own >= lowest,
            (_, Some((imports, _)), _, _) => imports.contains(&other.as_str()),
            _ => false,
        };
        if !allowed {
            say(format!("imports `{other}`, which is not below `{room}`"));
        }
    }
}

fn check_words(source: &Source, room: &str, tokens: &Tokens, say: &mut impl FnMut(String)) {
    let has = |word: &str| tokens.iter().any(|token| token == word);
    if has("unsafe") && !UNSAFE_FILES.contains(&source.path.as_str()) {
        say(format!("`unsafe` stands only in {UNSAFE_FILES:?} of src"));
    }
    if !may_do_io(room) {
        for (what, found) in [
            ("tokio", names_crate(tokens, "tokio")),
            ("std::net", sequence(tokens, &["std", "::", "net"])),
            ("Instant::now", sequence(tokens, &["Instant", "::", "now"])),
            ("SystemTime", has("SystemTime")),
        ] {
            if found {
                say(format!("names `{what}` below the floor of I/O"));
            }
        }
    }
    if source.heat() == Some("hot") {
        check_hot(source, tokens, say);
    }
}

fn check_hot(source: &Source, tokens: &Tokens, say: &mut impl FnMut(String)) {
    let excused =
        |word: &str| BUT.iter().any(|(path, but, _)| source.path == *path && word == *but);
    for word in NOT_HOT.into_iter().filter(|word| !excused(word)) {
        if sequence(tokens, &[word]) {
            say(format!("is hot and names `{word}`"));
        }
    }
    for name in NOT_HOT_MACROS {
        if sequence(tokens, &[name, "!"]) {
            say(format!("is hot and calls `{name}!`"));
        }
    }
}

/// Whether the crate's name begins a path or is imported.
fn names_crate(tokens: &Tokens, name: &str) -> bool {
    tokens.iter().enumerate().any(|(at, token)| {
        let before = at.checked_sub(1).map(|before| tokens[before].as_str());
        let path = tokens.get(at + 1).is_some_and(|next| next == "::");
        let begins = before != Some("::");
        token == name && begins && (path || matches!(before, Some("use" | "crate")))
    })
}

fn sequence(tokens: &Tokens, words: &[&str]) -> bool {
    tokens.windows(words.len()).any(|window| window.iter().eq(words))
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                found.push(Source { path: below, text: std::fs::read_to_string(&path).unwrap() });
            }
        }
    }
    found
}

#[test]
fn the_source_keeps_the_law() {
    let sources = sources();
    for room in ["model", "lib"] {
        assert!(sources.iter().any(|source| source.path.starts_with(room)), "no {room} to read");
    }
    let breaches = breaches(&sources);
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

/// A file in order, with this code.
fn made_up(path: &str, code: &str) -> Source {
    Source { path: path.to_owned(), text: format!("//! Says.\n//!\n//! Heat: cold.\n\n{code}\n") }
}

#[test]
fn what_is_lawful_passes() {
    for (path, code) in [
        ("registry/mod.rs", "use crate::metric::Counter;\nuse crate::model::{Tick, Ttl};"),
        ("registry/series.rs", "use super::family::Family;\nuse crate::sync::atomic::AtomicU64;"),
        ("ingest/worker.rs", "use crate::{model::Tick, protocol, mapping::{RuleSet, Routing}};"),
        ("ingest/mod.rs", "use crate::telemetry::Tally;"),
        ("protocol/mod.rs", "use nom::IResult;\nuse crate::model;\n// use crate::server;"),
        (
            "protocol/line.rs",
            "/* crate::mapping */ const A: &str = \"crate::mapping \\\" nom::x\";",
        ),
        ("protocol/raw.rs", "const A: &str = r#\"crate::mapping \" \"#; const Q: char = '\"';"),
        ("protocol/life.rs", "fn a<'a>(x: &'a str) -> &'a str { crate::model::b(x) }"),
        ("mapping/regex.rs", "use super::glob;\nfn a() { regex::bytes::Regex::new(\"\") }"),
        ("config/flags.rs", "fn f() { let prometheus = 1; self.prometheus(); a::prometheus::b() }"),
        ("clock.rs", "use std::time::Instant;\nfn f() { Instant::now() }"),
        ("logging.rs", "use std::time::SystemTime;"),
        ("accept.rs", "use tokio::net::TcpListener;"),
        ("http/serve.rs", "use crate::accept::Acceptor;"),
        ("relay/mod.rs", "use crate::ingest::Lines;\nuse crate::telemetry::Cold;"),
        ("server/mod.rs", "use crate::config::Config;\nuse crate::{http, listener};"),
        ("listener/receive.rs", "fn f() { unsafe { g() } }"),
        ("listener/udp.rs", "use std::net::UdpSocket;\nuse crate::clock::Clock;"),
        ("metric/a.rs", "#[cfg(test)]\n#[cfg(not(x))]\nmod tests { fn f() { Instant::now() } }"),
        ("metric/mod.rs", "#[cfg(test)]\nmod tests { use super::*; fn f() { Instant::now() } }"),
        ("main.rs", "fn main() { statsd_bridge::server::run(statsd_bridge::config::parse()) }"),
        ("model/mod.rs", "mod a { mod b { use super::super::Tick; } }"),
    ] {
        let found = breaches(&[made_up(path, code)]);
        assert!(found.is_empty(), "{path}: {code}: {found:?}");
    }
}

#[test]
fn each_breach_is_found() {
    for (path, code, word) in [
        ("model/mod.rs", "use crate::protocol::parse;", "protocol"),
        ("protocol/mod.rs", "use crate::mapping::RuleSet;", "mapping"),
        ("protocol/mod.rs", "use crate::{model, metric};", "metric"),
        ("metric/mod.rs", "use super::protocol;", "protocol"),
        ("metric/a.rs", "use super::super::registry::Series;", "registry"),
        ("metric/mod.rs", "mod a { use super::super::mapping; }", "mapping"),
        ("metric/mod.rs", "mod a { fn f() {} }\nuse super::mapping;", "mapping"),
        ("metric/mod.rs", "fn f(x: &crate::mapping::RuleSet) {}", "mapping"),
        ("metric/mod.rs", "#[cfg(test)]\nmod tests { use crate::registry; }", "registry"),
        ("metric/mod.rs", "use crate::telemetry::Tally;", "telemetry"),
        ("registry/mod.rs", "use crate::ingest::Engine;", "ingest"),
        ("ingest/mod.rs", "use crate::exposition::text;", "exposition"),
        ("exposition/mod.rs", "use crate::{model::Tick, ingest::{Worker}};", "ingest"),
        ("ingest/mod.rs", "use crate::clock::Clock;", "clock"),
        ("telemetry.rs", "use crate::registry::Registry;", "registry"),
        ("clock.rs", "use crate::server;", "server"),
        ("http/mod.rs", "use statsd_bridge::server::run;", "server"),
        ("http/mod.rs", "use crate::listener::udp;", "listener"),
        ("config/mod.rs", "use crate::server::run;", "server"),
        ("ingest/mod.rs", "use crate::relay::Relay;", "relay"),
        ("relay/mod.rs", "use crate::listener::address;", "listener"),
        ("ingest/mod.rs", "use crate::logging::start;", "logging"),
        ("logging.rs", "use crate::model::Tick;", "model"),
        ("cellar/mod.rs", "", "no floor"),
        ("config/mod.rs", "use serde_yaml::from_str;", "serde_yaml"),
        ("registry/mod.rs", "fn f() { regex::Regex::new(a) }", "regex"),
        ("http/mod.rs", "use prometheus;", "prometheus"),
        ("ingest/mod.rs", "extern crate dashmap;", "dashmap"),
        ("registry/mod.rs", "use tokio::sync::mpsc;", "tokio"),
        ("exposition/mod.rs", "fn f() { std::net::lookup() }", "std::net"),
        ("ingest/mod.rs", "fn f() { Instant::now() }", "Instant::now"),
        ("telemetry.rs", "use std::time::SystemTime;", "SystemTime"),
        ("listener/udp.rs", "fn f() { unsafe { g() } }", "unsafe"),
        ("metric/mod.rs", "#[cfg(not(test))]\nmod a { fn f() { Instant::now() } }", "Instant::now"),
    ] {
        let found = breaches(&[made_up(path, code)]);
        assert!(found.iter().any(|text| text.contains(word)), "{path}: {code}: {found:?}");
    }
    let two = [
        made_up("http/mod.rs", "use hdrhistogram::Histogram;"),
        made_up("metric/mod.rs", "use hdrhistogram::Histogram;"),
    ];
    assert!(!breaches(&two).is_empty(), "a crate in two rooms");
    assert!(breaches(&two[..1]).is_empty(), "a crate in one room");
}

#[test]
fn docs_and_heat_are_asked_for() {
    let bare = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    let hot = "//! Says.\n//!\n//! Heat: hot (so it is).\n";
    assert!(breaches(&[bare("model/a.rs", hot)]).is_empty());
    for text in [
        "use std::fmt;\n",
        "//! Says.\nuse std::fmt;\n",
        "//! Heat: hot.\n//!\n//! Says.\n",
        "//! Says.\n//!\n//! Heat: lukewarm.\n",
    ] {
        assert!(!breaches(&[bare("model/a.rs", text)]).is_empty(), "{text}");
    }
    for word in [
        "use std::sync::Mutex;",
        "fn f(a: &std::sync::RwLock<u8>) {}",
        "use std::sync::{Arc, Condvar};",
        "use crate::registry::ShardedSet;",
        "use std::time::Instant;",
        "fn f() { std::thread::sleep(a) }",
        "fn f() { format!(\"\") }",
        "fn f() { write!(a, \"\") }",
        "fn f() { warn!(\"\") }",
        "fn f() { tracing::info!(\"\") }",
        "fn f(a: &dyn Fn()) {}",
        "async fn f() {}",
        "fn f() { g().await }",
    ] {
        let text = format!("{hot}{word}\n");
        assert!(!breaches(&[bare("listener/a.rs", &text)]).is_empty(), "{word}");
        let text = format!("{hot}#[cfg(test)]\nmod tests {{ {word} }}\n");
        assert!(breaches(&[bare("listener/a.rs", &text)]).is_empty(), "{word} in a test");
    }
    // What a warm module may do, what only sounds alike, and what is excused.
    let warm = "//! Says.\n//!\n//! Heat: warm.\nuse std::time::Instant;\n";
    assert!(breaches(&[bare("listener/a.rs", warm)]).is_empty());
    let alike =
        format!("{hot}// A Mutex would wait.\nfn error(info: Info) {{ format(\"dyn\") }}\n");
    assert!(breaches(&[bare("listener/a.rs", &alike)]).is_empty());
    let excused = format!("{hot}use std::sync::OnceLock;\n");
    assert!(breaches(&[bare("sync.rs", &excused)]).is_empty());
    assert!(!breaches(&[bare("listener/a.rs", &excused)]).is_empty());
    // A file that is a test module of its parent is test code as a whole.
    let declared = "#[cfg(all(test, not(x)))]\n#[cfg(not(y))]\nmod tests;";
    let parent = bare("model/mod.rs", &format!("{hot}{declared}\n"));
    let child = bare("model/tests.rs", "//! Says.\nfn f() { format!(\"\") }\n");
    assert!(breaches(&[parent, child]).is_empty());
}
