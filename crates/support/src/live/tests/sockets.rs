//! The routes themselves: a ticket, a socket and a stream over the loopback, as a browser and a program would use them.

use std::{net::SocketAddr, time::Instant};

use futures_util::StreamExt;
use people::{
    UserId,
    access::{NewUser, create_user, revoke_api_key, sync_system_roles},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::*;
use crate::{live, outbound::tests::harness::World};

/// A desk that answers on the loopback, with an administrator.
struct Desk {
    world: World,
    address: SocketAddr,
    user: UserId,
}

impl Desk {
    async fn new() -> Desk {
        let world = World::new().await;
        let user = world
            .db()
            .write(|tx| {
                sync_system_roles(tx)?;
                let new = NewUser {
                    email: "an@example.com".into(),
                    username: None,
                    name: "An".into(),
                    role: "admin".into(),
                    departments: Vec::new(),
                    password_hash: None,
                    capacity: None,
                    vendor_id: None,
                };
                create_user(tx, &Origin::system(), &new)
            })
            .await
            .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = live::api().into_parts().0.with_state(world.support.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Desk { world, address, user }
    }
    async fn ticket(&self) -> String {
        let access = &self.world.support.desk.access;
        let me = access.principal(self.user).await.unwrap().unwrap();
        access.issue_socket_ticket(&me).await.unwrap()
    }
    async fn socket(&self) -> Socket {
        Socket::open(self.address, &format!("/ws?ticket={}", self.ticket().await)).await.unwrap()
    }
}

/// As little of a WebSocket client as will do.
struct Socket(TcpStream);

impl Socket {
    /// `Err`: the status of the refusal.
    async fn open(address: SocketAddr, path: &str) -> Result<Socket, u16> {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let status = String::from_utf8_lossy(&head[9..12]).parse().unwrap();
        if status == 101 { Ok(Socket(stream)) } else { Err(status) }
    }
    async fn say(&mut self, text: &str) {
        let mut frame = vec![0x81];
        match text.len() {
            n @ 0..126 => frame.push(0x80 | n as u8),
            n => {
                frame.push(0x80 | 126);
                frame.extend((n as u16).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        let _ = self.0.write_all(&frame).await;
    }
    /// The next text frame, or the code with which the server closes.
    async fn hear(&mut self) -> Result<Json, u16> {
        let read = async {
            loop {
                let opcode = self.0.read_u8().await.map_err(|_| 0u16)? & 0x0f;
                let mut length = u64::from(self.0.read_u8().await.map_err(|_| 0u16)?);
                if length == 126 {
                    length = u64::from(self.0.read_u16().await.map_err(|_| 0u16)?);
                }
                let mut bytes = vec![0; length as usize];
                self.0.read_exact(&mut bytes).await.map_err(|_| 0u16)?;
                match opcode {
                    1 => return Ok(serde_json::from_slice(&bytes).unwrap()),
                    8 => return Err(u16::from_be_bytes([bytes[0], bytes[1]])),
                    _ => {}
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(5), read).await.expect("a frame within five seconds")
    }
}

#[tokio::test]
async fn a_socket_opens_once_per_ticket_and_tells_what_happens() {
    let desk = Desk::new().await;
    let path = format!("/ws?ticket={}&after=0", desk.ticket().await);
    let mut socket = Socket::open(desk.address, &path).await.unwrap();
    assert_eq!(socket.hear().await.unwrap(), json!({"type": "hello", "seq": 0}));
    assert_eq!(socket.hear().await.unwrap()["kind"], "user.created");
    assert_eq!(desk.world.support.presence.connections(), 1);
    assert_eq!(Socket::open(desk.address, &path).await.err(), Some(401));
    assert_eq!(Socket::open(desk.address, "/ws?ticket=made-up").await.err(), Some(401));
    assert_eq!(Socket::open(desk.address, "/ws").await.err(), Some(400));

    let ticket = desk.world.ticket("generic", None).await;
    let heard = socket.hear().await.unwrap();
    assert_eq!((&heard["kind"], &heard["ticket_id"]), (&json!("ticket.created"), &json!(ticket.id)));
    drop(socket);
    for _ in 0..100 {
        if desk.world.support.presence.connections() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the seat is still taken");
}

#[tokio::test]
async fn a_client_says_where_it_is() {
    let desk = Desk::new().await;
    let ticket = desk.world.ticket("generic", None).await.id;
    let (mut one, mut two) = (desk.socket().await, desk.socket().await);
    for socket in [&mut one, &mut two] {
        assert_eq!(socket.hear().await.unwrap()["type"], "hello");
    }
    // Nonsense and tickets that are not there are passed over.
    for text in
        ["nonsense", r#"{"type":"viewing","ticket_id":999}"#, r#"{"type":"dance"}"#, r#"{"type":"typing"}"#]
    {
        one.say(text).await;
    }
    one.say(&format!(r#"{{"type":"typing","ticket_id":{ticket}}}"#)).await;
    // The same person twice: neither is told about themselves.
    for users in [json!([]), json!([])] {
        assert_eq!(
            two.hear().await.unwrap(),
            json!({"type": "presence", "ticket_id": ticket, "users": users})
        );
    }
    one.say(r#"{"type":"viewing","ticket_id":null}"#).await;
    assert_eq!(two.hear().await.unwrap()["type"], "presence");
}

#[tokio::test]
async fn who_talks_too_much_or_too_long_is_closed() {
    let desk = Desk::new().await;
    let mut socket = desk.socket().await;
    socket.hear().await.unwrap();
    for _ in 0..30 {
        socket.say("{}").await;
    }
    assert_eq!(socket.hear().await.err(), Some(1008));
    let mut socket = desk.socket().await;
    socket.hear().await.unwrap();
    socket.say(&"x".repeat(5_000)).await;
    assert!(socket.hear().await.is_err());
}

#[tokio::test]
async fn who_is_deactivated_is_closed() {
    let desk = Desk::new().await;
    let mut socket = desk.socket().await;
    socket.hear().await.unwrap();
    let user = desk.user;
    let off = move |tx: &Tx<'_>| {
        tx.exec(platform::sql!("UPDATE users SET is_active = FALSE WHERE id = ?1"), platform::params![user])?;
        events::record(tx, &Origin::system(), NewEvent::new("user.deactivated", "user", user.0, json!({})))
    };
    desk.world.db().write(off).await.unwrap();
    desk.world.support.desk.access.forget_user(user);
    let end = loop {
        if let Err(code) = socket.hear().await {
            break code;
        }
    };
    assert_eq!(end, 1008);
}

#[tokio::test]
async fn a_program_follows_the_stream_with_its_key() {
    let desk = Desk::new().await;
    let entropy = desk.world.support.desk.entropy.clone();
    let limits = desk.world.support.desk.config.limits.clone();
    let make = move |tx: &Tx<'_>| {
        people::access::create_api_key(tx, &Origin::system(), "reader", "read", &limits, &entropy)
    };
    let key = desk.world.db().write(make).await.unwrap();
    let (key_id, secret) = (key.id, key.secret.clone());
    let url = format!("http://{}/stream", desk.address);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
    let response =
        client.get(&url).header("x-api-key", &secret).header("last-event-id", "1").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.bytes_stream();
    let mut text = String::new();
    let ticket = desk.world.ticket("generic", None).await;
    let begun = Instant::now();
    while !text.contains("ticket.created") {
        let chunk =
            tokio::time::timeout(Duration::from_secs(5), stream.next()).await.unwrap().unwrap().unwrap();
        text.push_str(&String::from_utf8_lossy(&chunk));
        assert!(begun.elapsed() < Duration::from_secs(10), "{text}");
    }
    assert!(text.starts_with("data: {\"seq\":1,\"type\":\"hello\"}\nid: 1\n\n"), "{text}");
    let last = text.lines().rfind(|l| l.starts_with("data: ")).unwrap();
    let frame: Json = serde_json::from_str(&last["data: ".len()..]).unwrap();
    assert_eq!((&frame["type"], &frame["ticket_id"]), (&json!("event"), &json!(ticket.id)));
    assert!(text.contains(&format!("id: {}\n", frame["seq"])), "{text}");

    // The key is revoked: the stream ends.
    desk.world.db().write(move |tx| revoke_api_key(tx, &Origin::system(), key_id)).await.unwrap();
    desk.world.support.desk.access.forget_key(key_id);
    let end = tokio::time::timeout(Duration::from_secs(5), async { while stream.next().await.is_some() {} });
    assert!(end.await.is_ok());
}
