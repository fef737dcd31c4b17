//! A real `reparto serve` beside the sandbox: the same program, in a folder of its own that goes away with it.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::cli::exit::Failure;
use crate::cli::parts;
use crate::cli::remote::{Remote, RemoteArgs};
use crate::domain::ids::AccountId;
use crate::engine::clock::pause;

const RULES: &str = include_str!("rules.toml");
/// How long it may take to start, and to stop.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(100);

/// Where the account is, for the server's settings.
pub struct Account<'a> {
    pub url: &'a str,
    pub token: &'a str,
    pub key: &'a str,
}

/// A running server.
pub struct Server {
    child: Child,
    folder: PathBuf,
    url: String,
    token: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already when it was stopped; what is left of the folder is in the system's folder for such things.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn failure(what: &str, error: &std::io::Error) -> Failure {
    Failure::new(format!("{what}: {error}"), "check that the folder for temporary files can be written")
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// A port on which nobody listens now.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The settings of an account, as TOML.
fn settings(account: &Account<'_>) -> String {
    // A text in JSON is one in TOML too.
    let text = |value: &str| serde_json::Value::from(value).to_string();
    let Account { url, token, key } = account;
    format!(
        "[accounts.default.retailcrm]\nendpoint = {url}\ntoken = {token}\ncrm_url = {url}\ncrm_key = {key}\n\
         requests_per_second = 100\n",
        url = text(url),
        token = text(token),
        key = text(key)
    )
}

impl Server {
    /// Starts it and waits until it is ready.
    ///
    /// # Errors
    /// It cannot be started, or does not become ready.
    pub async fn start(account: &Account<'_>) -> Result<Self, Failure> {
        let ids = parts::ids()?;
        let token = hex(ids.bytes::<24>());
        let folder = std::env::temp_dir().join(format!("reparto-sandbox-{}", &token[..12]));
        fs::create_dir_all(&folder)
            .map_err(|error| failure("cannot make a folder for the server", &error))?;
        for (name, text) in [("rules.toml", RULES), ("reparto.toml", settings(account).as_str())] {
            fs::write(folder.join(name), text)
                .map_err(|error| failure("cannot write the server's files", &error))?;
        }
        let log = fs::File::create(folder.join("serve.log"))
            .map_err(|error| failure("cannot write the server's log", &error))?;
        let port = free_port().map_err(|error| failure("cannot find a free port", &error))?;
        let program = std::env::current_exe().map_err(|error| failure("cannot find this program", &error))?;
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("REPARTO_") {
                command.env_remove(name);
            }
        }
        command
            .arg("serve")
            .arg("--config")
            .arg(folder.join("reparto.toml"))
            .arg("--rules")
            .arg(folder.join("rules.toml"))
            .arg("--data-dir")
            .arg(folder.join("data"))
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .env("REPARTO_ADMIN_TOKEN", &token)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            // Ctrl-C is for the sandbox, which stops the server when both books were compared.
            .process_group(0);
        let child = command.spawn().map_err(|error| failure("cannot start the server", &error))?;
        let url = format!("http://127.0.0.1:{port}");
        let mut server = Self { child, folder, url, token };
        server.until_ready().await?;
        Ok(server)
    }

    async fn until_ready(&mut self) -> Result<(), Failure> {
        let remote = self.remote()?;
        let mut waited = Duration::ZERO;
        while waited < PATIENCE {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.did_not_start(&format!("the server ended at once ({status})")));
            }
            if remote.get(&["events"], &[("limit", "1")]).await.is_ok() {
                return Ok(());
            }
            pause(LOOK).await;
            waited += LOOK;
        }
        Err(self.did_not_start("the server does not become ready"))
    }

    fn did_not_start(&self, what: &str) -> Failure {
        let log = fs::read_to_string(self.folder.join("serve.log")).unwrap_or_default();
        let last: Vec<_> = log.lines().rev().take(8).collect();
        let last: Vec<_> = last.into_iter().rev().collect();
        Failure::new(
            format!("{what}; it said:\n{}", last.join("\n")),
            "start it by hand with `reparto serve`",
        )
    }

    /// A connection to its API.
    ///
    /// # Errors
    /// None to speak of: the address is ours.
    pub fn remote(&self) -> Result<Remote, Failure> {
        let account = AccountId::default_account();
        RemoteArgs { url: self.url.clone(), token: Some(self.token.clone()), account }.connect()
    }

    /// Where its API is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is still there.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to stop and waits until it did.
    pub async fn stop(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let mut waited = Duration::ZERO;
        while asked.is_ok() && self.is_alive() && waited < PATIENCE {
            pause(LOOK).await;
            waited += LOOK;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Source, compile};

    #[test]
    fn the_rules_are_without_findings() {
        let source = Source::new("rules.toml", RULES);
        assert!(compile(&[source]).diagnostics.is_empty());
    }

    #[test]
    fn the_settings_are_toml_whatever_the_token() {
        let account = Account { url: "http://127.0.0.1:1", token: "a\"b", key: "k" };
        let read: toml::Table = settings(&account).parse().expect("it is TOML");
        assert_eq!(read["accounts"]["default"]["retailcrm"]["token"].as_str(), Some("a\"b"));
    }
}
