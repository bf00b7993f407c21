//! Tables of command lines and environments, and what comes of each.
//!
//! Heat: cold.

use std::os::unix::ffi::OsStringExt as _;

use super::*;
use crate::listener::DEFAULT_DELAY;
use crate::listener::lines::LONGEST_LINE;

fn with_env(args: &[&str], env: &[(&str, &str)]) -> Result<Command, UsageError> {
    let args: Vec<OsString> = args.iter().map(OsString::from).collect();
    Config::from_args(args.into_iter(), |name| {
        env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

#[track_caller]
fn run(args: &[&str]) -> Config {
    match with_env(args, &[]) {
        Ok(Command::Run(config)) => config,
        other => panic!("{args:?}: {other:?}"),
    }
}

#[track_caller]
fn run_env(env: &[(&str, &str)]) -> Config {
    match with_env(&[], env) {
        Ok(Command::Run(config)) => config,
        other => panic!("{env:?}: {other:?}"),
    }
}

#[track_caller]
fn sentence(args: &[&str]) -> String {
    with_env(args, &[]).expect_err("an error").to_string()
}

fn address(text: &str) -> ListenAddress {
    ListenAddress::parse(text).unwrap()
}

#[test]
fn without_flags_it_is_what_the_manual_says() {
    let expected = Config {
        web: Web {
            listen: address(":9102"),
            telemetry_path: "/metrics".to_owned(),
            lifecycle: false,
            openmetrics: false,
        },
        listeners: Listeners {
            udp: Some(address(":9125")),
            tcp: Some(address(":9125")),
            unixgram: None,
            unix: None,
            unixsocket_mode: 0o755,
            udp_sockets: None,
            receive_delay: DEFAULT_DELAY,
            read_buffer: None,
            streams: StreamLimits {
                connections: 1024,
                idle_timeout: None,
                line_length: LONGEST_LINE,
            },
        },
        relay: None,
        mapping: MappingSource::Preset("mastodon"),
        drawing: None,
        tag_styles: TagStyles::ALL,
        limits: SeriesLimits { total: 1_000_000, per_family: 250_000 },
        log: Log { level: Level::INFO, format: Format::Logfmt },
    };
    assert_eq!(run(&[]), expected);
}

#[test]
fn every_flag_with_an_effect_has_it() {
    let config = run(&[
        "--web.listen-address=localhost:1",
        "--web.telemetry-path",
        "/m",
        "--web.enable-lifecycle",
        "--web.openmetrics=1.0",
        "--statsd.listen-udp=",
        "--statsd.listen-tcp",
        "[::1]:2",
        "--statsd.listen-unixgram=/run/x",
        "--statsd.listen-unix=@y",
        "--statsd.unixsocket-mode=700",
        "--statsd.udp-sockets=3",
        "--statsd.receive-delay=1.5ms",
        "--statsd.read-buffer=4096",
        "--statsd.stream-connections=7",
        "--statsd.stream-idle-timeout=90s",
        "--statsd.stream-line-length=65536",
        "--statsd.relay.address=[::1]:3",
        "--statsd.relay.packet-length=512",
        "--statsd.mapping-config=rules.yml",
        "--debug.dump-fsm=rules.dot",
        "--no-statsd.parse-influxdb-tags",
        "--statsd.parse-librato-tags",
        "--statsd.max-series=9",
        "--statsd.max-series-per-family=8",
        "--log.level=error",
        "--log.format=json",
    ]);
    let expected = Config {
        web: Web {
            listen: address("127.0.0.1:1"),
            telemetry_path: "/m".into(),
            lifecycle: true,
            openmetrics: true,
        },
        listeners: Listeners {
            udp: None,
            tcp: Some(address("[::1]:2")),
            unixgram: Some(UnixAddress::Path("/run/x".into())),
            unix: Some(UnixAddress::Abstract("y".into())),
            unixsocket_mode: 0o700,
            udp_sockets: NonZeroUsize::new(3),
            receive_delay: Duration::from_micros(1500),
            read_buffer: Some(4096),
            streams: StreamLimits {
                connections: 7,
                idle_timeout: Some(Duration::from_secs(90)),
                line_length: 65_536,
            },
        },
        relay: Some(Relay { target: Target::parse("[::1]:3").unwrap(), packet_length: 512 }),
        mapping: MappingSource::File("rules.yml".into()),
        drawing: Some("rules.dot".into()),
        tag_styles: TagStyles { influxdb: false, ..TagStyles::ALL },
        limits: SeriesLimits { total: 9, per_family: 8 },
        log: Log { level: Level::ERROR, format: Format::Json },
    };
    assert_eq!(config, expected);
}

#[test]
fn each_tag_style_has_its_switch() {
    let styles = |name| run(&[&format!("--no-statsd.parse-{name}-tags")]).tag_styles;
    assert_eq!(styles("dogstatsd"), TagStyles { dogstatsd: false, ..TagStyles::ALL });
    assert_eq!(styles("influxdb"), TagStyles { influxdb: false, ..TagStyles::ALL });
    assert_eq!(styles("librato"), TagStyles { librato: false, ..TagStyles::ALL });
    assert_eq!(styles("signalfx"), TagStyles { signalfx: false, ..TagStyles::ALL });
}

#[test]
fn flags_without_a_meaning_are_accepted_and_checked() {
    for (good, bad) in [
        ("--statsd.cache-size=0", "--statsd.cache-size=big"),
        ("--statsd.cache-type=random", "--statsd.cache-type=fifo"),
        ("--statsd.event-queue-size=1", "--statsd.event-queue-size=-1"),
        ("--statsd.event-flush-threshold=1", "--statsd.event-flush-threshold=x"),
        ("--statsd.event-flush-interval=1m30s", "--statsd.event-flush-interval=200"),
        ("--statsd.udp-packet-queue-size=1", "--statsd.udp-packet-queue-size="),
    ] {
        assert_eq!(run(&[good]), run(&[]), "{good}");
        let (flag, value) = bad.split_once('=').unwrap();
        let start = format!("{flag}: found {value:?}, expected ");
        assert!(sentence(&[bad]).starts_with(&start), "{}", sentence(&[bad]));
    }
}

#[test]
fn a_bad_command_line_is_one_sentence() {
    for (args, expected) in [
        (
            &["--statsd.listen-udpp=:1"][..],
            "unknown flag --statsd.listen-udpp; did you mean --statsd.listen-udp?",
        ),
        (
            &["--mapping-config", "x"],
            "unknown flag --mapping-config; did you mean --statsd.mapping-config?",
        ),
        (&["--zzz"], "unknown flag --zzz; --help lists all flags"),
        (&["-x"], "unknown flag -x; --help lists all flags"),
        (
            &["-web.listen-address=:1"],
            "unknown flag -web.listen-address; did you mean --web.listen-address?",
        ),
        (&["serve"], "unexpected argument \"serve\": every argument is a flag or @FILE"),
        (&["--", "x y"], "unexpected argument \"x y\": every argument is a flag or @FILE"),
        (&["--statsd.read-buffer"], "--statsd.read-buffer needs a value"),
        (&["--statsd.listen-udp", "--check-config"], "--statsd.listen-udp needs a value"),
        (&["--check-config=true"], "--check-config takes no value"),
        (&["--log.level=info", "--log.level=info"], "--log.level cannot be repeated"),
        (&["--check-config", "--check-config"], "--check-config cannot be repeated"),
        (
            &["--web.enable-lifecycle", "--no-web.enable-lifecycle"],
            "--web.enable-lifecycle cannot be repeated",
        ),
        (
            &["--no-web.enable-lifecycle", "--web.enable-lifecycle"],
            "--web.enable-lifecycle cannot be repeated",
        ),
        (
            &["--statsd.unixsocket-mode=999"],
            "--statsd.unixsocket-mode: found \"999\", expected an octal number from 0 to 7777, \
             such as 755",
        ),
        (
            &["--web.listen-address="],
            "--web.listen-address: found \"\", expected HOST:PORT, :PORT or [IPV6]:PORT with a \
             port up to 65535",
        ),
        (
            &["--statsd.mapping-preset=gitlab", "--statsd.mapping-config=x"],
            "--statsd.mapping-preset: found \"gitlab\", expected mastodon or none",
        ),
        (
            &["@/no/such/file"],
            "cannot read arguments from \"/no/such/file\": No such file or directory (os error 2)",
        ),
    ] {
        assert_eq!(sentence(args), expected, "{args:?}");
    }
}

#[test]
fn an_unknown_no_flag_is_no_switch() {
    assert!(
        sentence(&["--no-statsd.listen-udp"]).starts_with("unknown flag --no-statsd.listen-udp")
    );
}

#[test]
fn an_argument_that_is_not_utf8_is_refused() {
    let arg = OsString::from_vec(b"--log.level=\xff".to_vec());
    let error = Config::from_args([arg].into_iter(), |_| None).unwrap_err();
    assert_eq!(error.to_string(), "an argument is not UTF-8");
}

#[test]
fn help_and_version_are_printed_whatever_else_is_wrong_with_values() {
    for args in [&["--help"][..], &["-h"], &["--log.level=loud", "-h"], &["--version", "--help"]] {
        assert_eq!(with_env(args, &[]), Ok(Command::Print(help::help())), "{args:?}");
    }
    assert_eq!(with_env(&["--version"], &[]), Ok(Command::Print(help::version())));
}

#[test]
fn all_listeners_off_is_an_error_unless_the_config_is_only_checked() {
    let off = ["--statsd.listen-udp=", "--statsd.listen-tcp", ""];
    assert!(sentence(&off).starts_with("every listener is off"));
    let check = [&off[..], &["--check-config"]].concat();
    assert!(matches!(with_env(&check, &[]), Ok(Command::CheckConfig(_))));
    let unixgram = [&off[..], &["--statsd.listen-unixgram", "@x"]].concat();
    assert_eq!(run(&unixgram).listeners.unixgram, Some(UnixAddress::Abstract("x".into())));
    let unix = [&off[..], &["--statsd.listen-unix=/x"]].concat();
    assert_eq!(run(&unix).listeners.unix, Some(UnixAddress::Path("/x".into())));
}

#[test]
fn the_mapping_comes_from_a_file_a_preset_or_nowhere() {
    for (args, source) in [
        (&["--statsd.mapping-preset=none"][..], MappingSource::None),
        (&["--statsd.mapping-preset=mastodon"], MappingSource::Preset("mastodon")),
        (&["--statsd.mapping-config="], MappingSource::Preset("mastodon")),
        (
            &["--statsd.mapping-preset=none", "--statsd.mapping-config=a b"],
            MappingSource::File("a b".into()),
        ),
    ] {
        assert_eq!(run(args).mapping, source, "{args:?}");
    }
}

#[test]
fn a_variable_stands_in_for_a_flag_and_the_flag_wins() {
    let env = [
        ("STATSD_EXPORTER_STATSD_LISTEN_UDP", ""),
        ("STATSD_EXPORTER_STATSD_PARSE_SIGNALFX_TAGS", "0"),
        ("STATSD_EXPORTER_WEB_ENABLE_LIFECYCLE", "true"),
        ("STATSD_EXPORTER_LOG_LEVEL", "debug"),
    ];
    let config = run_env(&env);
    assert_eq!(config.listeners.udp, None);
    assert!(!config.tag_styles.signalfx);
    assert!(config.web.lifecycle);
    assert_eq!(config.log.level, Level::DEBUG);

    let args = ["--log.level=warn", "--no-web.enable-lifecycle", "--statsd.listen-udp=:7"];
    let Ok(Command::Run(config)) = with_env(&args, &env) else { panic!() };
    assert_eq!(config.log.level, Level::WARN);
    assert!(!config.web.lifecycle);
    assert_eq!(config.listeners.udp, Some(address(":7")));
    let check = with_env(&[], &[("STATSD_EXPORTER_CHECK_CONFIG", "1")]);
    assert!(matches!(check, Ok(Command::CheckConfig(_))));
}

#[test]
fn a_bad_variable_is_named() {
    for (variable, value, expected) in [
        (
            "STATSD_EXPORTER_WEB_ENABLE_LIFECYCLE",
            "yes",
            "STATSD_EXPORTER_WEB_ENABLE_LIFECYCLE: found \"yes\", expected true, false, 1 or 0",
        ),
        (
            "STATSD_EXPORTER_STATSD_MAX_SERIES",
            "lots",
            "STATSD_EXPORTER_STATSD_MAX_SERIES: found \"lots\", expected a whole number, 0 or more",
        ),
    ] {
        let error = with_env(&[], &[(variable, value)]).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let overruled = with_env(&["--log.level=info"], &[("STATSD_EXPORTER_LOG_LEVEL", "loud")]);
    assert!(overruled.is_ok(), "a variable that a flag overrules is not looked at");
}

#[test]
fn a_file_stands_for_its_lines() {
    let path = std::env::temp_dir().join(format!("statsd-bridge-args-{}", std::process::id()));
    let text =
        "# comment\n--log.level=warn\r\n\n  \n--statsd.mapping-config\nmy rules.yml\n@nested";
    std::fs::write(&path, text.trim_end_matches("@nested")).unwrap();
    let arg = format!("@{}", path.display());
    let config = run(&["--log.format=json", &arg]);
    assert_eq!(config.log, Log { level: Level::WARN, format: Format::Json });
    assert_eq!(config.mapping, MappingSource::File("my rules.yml".into()));

    std::fs::write(&path, text).unwrap();
    assert!(sentence(&[&arg]).starts_with("unexpected argument \"@nested\""));
    std::fs::remove_file(&path).unwrap();
}
