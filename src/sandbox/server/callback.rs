//! What the CRM tells a connected module: that it was switched on, off, or frozen.

use std::time::Duration;

use crate::sandbox::control::Callback;

const PATIENCE: Duration = Duration::from_secs(5);

/// Text as forms have it.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => text + &char::from(byte).to_string(),
        _ => text + &format!("%{byte:02X}"),
    })
}

/// Sends the form. A module that does not listen is its owner's concern; the log says so.
pub(super) async fn tell((address, form): Callback) {
    let fields: Vec<_> = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    // Another part of the program may have chosen one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = match reqwest::Client::builder().no_proxy().timeout(PATIENCE).build() {
        Ok(client) => client,
        Err(error) => {
            tracing::warn!(%error, "the module cannot be told");
            return;
        }
    };
    let request = client
        .post(&address)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(fields.join("&"));
    match request.send().await {
        Ok(response) => tracing::info!(%address, status = response.status().as_u16(), "told the module"),
        Err(error) => tracing::warn!(%address, %error, "the module cannot be told"),
    }
}
