//! Watching rule files: a change on the disk is read once it has settled, however the editor writes it.
//!
//! The folder is watched, not the file: many editors write another file and rename it, and so do those who mount
//! configuration into containers. What is read is compared by content, so being told too often does no harm.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::reload;
use crate::domain::ids::AccountId;
use crate::engine::Engine;
use crate::engine::clock::pause;

/// How long a file must stay as it is before it is read: editors write in several steps.
const SETTLED: Duration = Duration::from_millis(300);

/// The rule file of an account.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The account.
    pub account: AccountId,
    /// The file or folder.
    pub path: PathBuf,
}

impl Watched {
    fn folder(&self) -> PathBuf {
        if self.path.is_dir() {
            return self.path.clone();
        }
        match self.path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_path_buf(),
            Some(_) | None => PathBuf::from("."),
        }
    }

    /// Whether a change of this path may change the rules.
    fn is_about(&self, changed: &Path) -> bool {
        let Some(name) = changed.file_name() else { return true };
        // Mounted configuration is swapped by a link whose name begins with two dots.
        let is_link = name.to_string_lossy().starts_with("..");
        is_link
            || if self.path.is_dir() {
                changed == self.path || changed.extension().is_some_and(|extension| extension == "toml")
            } else {
                self.path.file_name() == Some(name)
            }
    }
}

/// Watches for as long as it is kept.
pub struct Watching {
    watchers: Vec<RecommendedWatcher>,
    readers: Vec<tokio::task::JoinHandle<()>>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.watchers.clear();
        for reader in &self.readers {
            reader.abort();
        }
    }
}

/// Begins to watch. What cannot be watched is logged: SIGHUP and the API still change rules.
pub fn start(engine: &Engine, files: Vec<Watched>) -> Watching {
    let mut watching = Watching { watchers: Vec::new(), readers: Vec::new() };
    for watched in files {
        let (tell, told) = mpsc::unbounded_channel();
        match watcher(watched.clone(), tell) {
            Ok(watcher) => {
                watching.watchers.push(watcher);
                watching.readers.push(actix_rt::spawn(read_when_settled(engine.clone(), watched, told)));
            }
            Err(error) => tracing::warn!(
                account = %watched.account, path = %watched.path.display(), %error,
                "the rule file cannot be watched; after a change send SIGHUP, or apply it with `reparto rules apply`"
            ),
        }
    }
    watching
}

fn watcher(watched: Watched, tell: mpsc::UnboundedSender<()>) -> notify::Result<RecommendedWatcher> {
    let folder = watched.folder();
    let mut watching = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // Lost events may have been about anything.
        let matters = event.as_ref().map_or(true, |event| {
            changes(event.kind)
                && (event.paths.is_empty() || event.paths.iter().any(|path| watched.is_about(path)))
        });
        if matters {
            // Nobody listens any more: the server stops.
            let _ = tell.send(());
        }
    })?;
    watching.watch(&folder, RecursiveMode::NonRecursive)?;
    Ok(watching)
}

/// Whether something was written; reading the rules is an event too.
fn changes(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    }
}

async fn read_when_settled(engine: Engine, watched: Watched, mut told: mpsc::UnboundedReceiver<()>) {
    while told.recv().await.is_some() {
        loop {
            tokio::select! {
                more = told.recv() => {
                    if more.is_none() {
                        return;
                    }
                }
                () = pause(SETTLED) => break,
            }
        }
        reload::account_rules(&engine, &watched.account, &watched.path, "a change of the file").await;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_rule_files_matter() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("rules.toml"), "").expect("it is writable");
        let watched = |path| Watched { account: AccountId::default_account(), path };
        let file = watched(at("rules.toml"));
        assert_eq!(file.folder(), folder.path());
        assert!(file.is_about(&at("rules.toml")) && file.is_about(&at("..data")));
        assert!(!file.is_about(&at("rules.toml.swp")) && !file.is_about(&at("other.toml")));
        let all = watched(folder.path().to_path_buf());
        assert!(all.is_about(&at("other.toml")) && !all.is_about(&at("notes.md")));
        assert_eq!(watched(PathBuf::from("rules.toml")).folder(), Path::new("."));
    }

    #[test]
    fn reading_is_no_change() {
        assert!(!changes(EventKind::Access(AccessKind::Open(AccessMode::Read))));
        assert!(!changes(EventKind::Access(AccessKind::Close(AccessMode::Read))));
        assert!(changes(EventKind::Access(AccessKind::Close(AccessMode::Write))));
    }
}
