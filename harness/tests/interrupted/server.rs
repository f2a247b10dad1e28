//! The reference's AuthService behind a door that this test holds: at a request, the door is held shut, or falls shut for good.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use super::program::PROGRAM;

/// What happens at the request that is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// No answer comes any more.
    Hold,
    /// The server is gone once the request before it is answered.
    Die,
}

/// A server that somebody else has started, as far as the program can tell.
pub(crate) struct Server {
    /// The file that describes it.
    pub(crate) file: String,
    /// Tells when the request has come.
    pub(crate) moment: Receiver<()>,
    service: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

/// What stands between the program and the AuthService.
struct Door {
    to: String,
    /// Requests that still pass.
    left: AtomicU64,
    then: Then,
    tell: Sender<()>,
    /// Asks whoever listens to listen no more, and hears that it is so.
    closing: Mutex<Option<(Sender<()>, Receiver<()>)>>,
    open: Mutex<Vec<TcpStream>>,
}

impl Server {
    /// An AuthService that is held to `recommended` and follows a policy, behind a door through which that many requests pass.
    pub(crate) fn behind_a_door(folder: &Path, follows: &str, requests: u64, then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("it listens"));
        let file = folder.join("server.toml");
        super::stranger::described(&file, PROGRAM, "recommended", follows);
        let text = std::fs::read_to_string(&file).expect("it was just written");
        let now =
            text.split('"').skip_while(|word| *word != "--test-clock").nth(2).expect("the clock is set").to_owned();
        let start = text.find("start = [").expect("it says how the server starts");
        let end = text[start..].find("]\n").expect("the list ends") + start + 2;
        let there = text.replace(&text[start..end], &format!("issuer = \"{issuer}\"\nwithin = \"10m\"\n"));
        std::fs::write(&file, there.replace("made_up = [\"AUTHLOOM_BACKEND_SECRET\"]\n", ""))
            .expect("the folder can be written to");
        let mut service = Command::new(PROGRAM)
            .args(["serve", "--role", "auth", "--auth-port", "0", "--stop-with-stdin", "--policy", follows])
            .args(["--test-clock", &now, "--issuer", &issuer])
            .env("AUTHLOOM_BACKEND_SECRET", "secret")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut ready = String::new();
        let stdout = service.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut ready).expect("it says when it is ready");
        let ready: serde_json::Value = serde_json::from_str(&ready).expect("the line is JSON");
        let to = ready["url"].as_str().expect("it says where it is").trim_start_matches("http://").to_owned();
        let (tell, moment) = channel();
        let (close, closes) = channel();
        let (closed, is_closed) = channel();
        let closing = Mutex::new(Some((close, is_closed)));
        let door = Door { to, left: AtomicU64::new(requests), then, tell, closing, open: Mutex::default() };
        let door = Arc::new(door);
        thread::spawn(move || {
            listener.set_nonblocking(true).expect("a socket need not wait");
            while closes.try_recv().is_err() {
                let Ok((stream, _)) = listener.accept() else {
                    thread::yield_now();
                    continue;
                };
                stream.set_nonblocking(false).expect("a socket can wait");
                let door = Arc::clone(&door);
                thread::spawn(move || door.pass(stream));
            }
            drop(listener);
            let _ = closed.send(());
        });
        Self { file: file.to_string_lossy().into_owned(), moment, service }
    }
}

impl Door {
    /// Lets a connection's requests pass, one after the other, and their answers.
    fn pass(self: Arc<Self>, client: TcpStream) {
        let server = TcpStream::connect(&self.to).expect("the service is there");
        self.open.lock().expect("nobody panics").push(client.try_clone().expect("a socket has copies"));
        let (from_server, to_client) = (server.try_clone(), client.try_clone());
        let (from_server, to_client) = (from_server.expect("a socket has copies"), to_client.expect("it has"));
        let door = Arc::clone(&self);
        thread::spawn(move || door.answer(from_server, to_client));
        let (mut from, mut to) = (client, server);
        let mut chunk = [0; 16 * 1024];
        while let Ok(read @ 1..) = from.read(&mut chunk) {
            let begins = [&b"GET "[..], b"POST "].iter().any(|method| chunk[..read].starts_with(method));
            let one_less = |left: u64| left.checked_sub(1);
            if begins && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_err() {
                // Whoever waits for it may have seen enough. The connection stays open, and nothing comes.
                let _ = self.tell.send(());
                loop {
                    thread::park();
                }
            }
            if to.write_all(&chunk[..read]).is_err() {
                return;
            }
        }
    }

    /// Brings the answers back. With the last one a server that dies is gone: nobody listens there when it is read.
    fn answer(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut chunk = [0; 16 * 1024];
        while let Ok(read @ 1..) = from.read(&mut chunk) {
            let is_last = self.then == Then::Die && self.left.load(Ordering::SeqCst) == 0;
            if is_last && let Some((close, is_closed)) = self.closing.lock().expect("nobody panics").take() {
                let _ = close.send(());
                let _ = is_closed.recv();
            }
            let written = to.write_all(&chunk[..read]);
            if is_last {
                for stream in self.open.lock().expect("nobody panics").drain(..) {
                    let _ = stream.shutdown(Shutdown::Both);
                }
                let _ = self.tell.send(());
            }
            if is_last || written.is_err() {
                return;
            }
        }
    }
}
