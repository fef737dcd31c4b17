//! A socket that lives until it ends or is let go. Frames are read here, and told to the task in order.

use futures_util::{SinkExt, StreamExt};
use reqwest_websocket::{Bytes, Message, WebSocket};
use std::sync::Arc;
use tokio::sync::mpsc;

use super::{Back, Options};
use crate::connectors::retailcrm::client::Failure;
use crate::connectors::retailcrm::session::Event;
use crate::connectors::retailcrm::wire::{Event as Told, Frame, SUBSCRIPTION};
use crate::engine::clock::pause;

/// Opens a socket. What is returned asks it for pings, and lets go of it when it is dropped.
pub(super) fn open(
    options: &Arc<Options>,
    connection: u64,
    back: mpsc::UnboundedSender<Back>,
) -> mpsc::UnboundedSender<()> {
    let (pings, asked) = mpsc::unbounded_channel();
    let options = Arc::clone(options);
    actix::spawn(async move {
        let tell = |event| back.send(Back::Session(connection, event)).is_ok();
        let opened = tokio::select! {
            opened = options.client.socket() => opened,
            () = pause(options.tempo.silence) => Err(Failure::Lost("no answer in time".into())),
        };
        match opened {
            Ok(socket) => {
                if tell(Event::Opened) {
                    follow(&options, socket, asked, &tell).await;
                    tell(Event::Ended);
                }
            }
            Err(Failure::Unauthorized) => drop(tell(Event::Unauthorized)),
            Err(failure) => {
                tracing::warn!(account = %options.account, %failure, "the gateway's socket could not be opened");
                tell(Event::NotOpened);
            }
        }
    });
    pings
}

async fn follow(
    options: &Options,
    mut socket: WebSocket,
    mut asked: mpsc::UnboundedReceiver<()>,
    tell: &impl Fn(Event<Box<Frame>>) -> bool,
) {
    loop {
        tokio::select! {
            ping = asked.recv() => match ping {
                Some(()) => {
                    if socket.send(Message::Ping(Bytes::new())).await.is_err() {
                        return;
                    }
                }
                // It was let go: the gateway need not be told for long.
                None => return,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    if let Some(frame) = read(options, text.as_bytes())
                        && !tell(Event::Frame(Box::new(frame)))
                    {
                        return;
                    }
                }
                Some(Ok(Message::Pong(_) | Message::Ping(_) | Message::Binary(_))) => {
                    if !tell(Event::Pong) {
                        return;
                    }
                }
                Some(Ok(Message::Close { .. }) | Err(_)) | None => return,
            },
        }
    }
}

/// Reads a frame and counts it. One that cannot be read is dropped: what it told is found by reading in routine.
fn read(options: &Options, text: &[u8]) -> Option<Frame> {
    match Frame::decode(text) {
        Ok(frame) => {
            let (kind, result) = match word(&frame.event) {
                Some(kind) => (kind, "ok"),
                None => ("other", "unknown"),
            };
            options.meters.frame(kind, result);
            Some(frame)
        }
        Err(undecodable) => {
            tracing::warn!(account = %options.account, %undecodable, "a frame cannot be read and is dropped");
            options.meters.frame("other", "broken");
            None
        }
    }
}

/// The kind of an event, as it is subscribed to.
fn word(event: &Told) -> Option<&'static str> {
    let word = match event {
        Told::MessageNew(_) => "message_new",
        Told::MessageUpdated(_) => "message_updated",
        Told::MessageDeleted(_) => "message_deleted",
        Told::MessageRestored(_) => "message_restored",
        Told::DialogOpened(_) => "dialog_opened",
        Told::DialogClosed(_) => "dialog_closed",
        Told::DialogAssign { .. } => "dialog_assign",
        Told::ChatCreated(_) => "chat_created",
        Told::ChatUpdated(_) => "chat_updated",
        Told::ChatsDeleted(_) => "chats_deleted",
        Told::UserJoinedChat { .. } => "user_joined_chat",
        Told::UserLeftChat { .. } => "user_left_chat",
        Told::UserUpdated(_) => "user_updated",
        Told::UserOnline { .. } => "user_online_updated",
        Told::CustomerUpdated(_) => "customer_updated",
        Told::ChannelUpdated(_) => "channel_updated",
        Told::BotUpdated(_) => "bot_updated",
        Told::Unknown(_) => return None,
    };
    debug_assert!(SUBSCRIPTION.contains(&word));
    Some(word)
}
