//! Where the rule set comes from: a file, a built-in one, or nowhere; at start,
//! on `--check-config`, and again on reload.
//!
//! Heat: cold.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use tracing::{error, info, warn};

use super::mapping_file;
use super::web::Bridge;
use crate::config::{Config, MappingSource};
use crate::mapping::{ConfigError, Loaded, RuleSet};
use crate::model::TagStyles;

/// Why there is no rule set.
#[derive(Debug)]
pub(super) enum RulesError {
    /// The file cannot be read.
    Unreadable(PathBuf, io::Error),
    /// What it says is wrong.
    Wrong(ConfigError),
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) => {
                write!(f, "cannot read the mapping file {}: {error}", path.display())
            }
            Self::Wrong(error) => error.fmt(f),
        }
    }
}

/// The rule set that the configuration asks for.
pub(super) fn load(config: &Config) -> Result<Loaded, RulesError> {
    match &config.mapping {
        MappingSource::File(path) => load_file(path, config.tag_styles),
        MappingSource::Preset(name) => Ok(RuleSet::preset(name, config.tag_styles)
            .unwrap_or_else(|| without_rules(config.tag_styles))),
        MappingSource::None => Ok(without_rules(config.tag_styles)),
    }
}

fn without_rules(styles: TagStyles) -> Loaded {
    Loaded { rules: RuleSet::empty(styles), warnings: Vec::new() }
}

fn load_file(path: &Path, styles: TagStyles) -> Result<Loaded, RulesError> {
    let bytes =
        mapping_file::read(path).map_err(|error| RulesError::Unreadable(path.to_owned(), error))?;
    RuleSet::parse_bytes(&bytes, &path.display().to_string(), styles).map_err(RulesError::Wrong)
}

/// Draws the rules into the file of `--debug.dump-fsm`, if one was given and
/// there are rules. The bridge is whole without it, so a failure is only told.
pub(super) fn draw(config: &Config, rules: &RuleSet) -> io::Result<()> {
    match &config.drawing {
        Some(path) if config.mapping != MappingSource::None => std::fs::write(path, rules.graph()),
        _ => Ok(()),
    }
}

/// What `source` is called in the log.
pub(super) fn name(source: &MappingSource) -> String {
    match source {
        MappingSource::File(path) => path.display().to_string(),
        MappingSource::Preset(name) => format!("built-in {name}"),
        MappingSource::None => "none".to_owned(),
    }
}

/// Reads the mapping file again. A good one replaces the rules at once; a bad
/// one is logged and counted, and the rules in force stay. Without a file there
/// is nothing to do, and nothing is counted. Of several calls at once each waits
/// for the one before, so that the last file read is the one in force.
pub(super) fn reload(bridge: &Bridge) {
    let _one_at_a_time = bridge.reloading.lock().unwrap_or_else(PoisonError::into_inner);
    let (config, engine) = (&bridge.config, &bridge.engine);
    let MappingSource::File(path) = &config.mapping else {
        info!("nothing to reload: no mapping file was given");
        return;
    };
    match load_file(path, config.tag_styles) {
        Ok(loaded) => {
            warn_of(&loaded);
            let rules = loaded.rules.len();
            engine.replace_rules(loaded.rules);
            engine.telemetry().cold().reload_succeeded();
            info!(file = %path.display(), rules, "mapping reloaded");
            if rules == 0 {
                warn!(file = %path.display(), "the mapping file has no rules any more");
            }
        }
        Err(error) => {
            engine.telemetry().cold().reload_failed();
            error!(%error, "mapping not reloaded, the rules in force stay");
        }
    }
}

/// Logs what in the file is accepted but probably not meant so.
pub(super) fn warn_of(loaded: &Loaded) {
    for warning in &loaded.warnings {
        warn!("{warning}");
    }
}
