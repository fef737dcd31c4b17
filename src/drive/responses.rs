//! HTTP/1.1 responses, one after the other, out of whatever bytes a connection brings.

use bytes::{Buf, BytesMut};

/// More headers than any answer of the server has.
const MAX_HEADERS: usize = 48;
/// An answer longer than this is not one of the server's.
const MAX_BODY: usize = 1 << 30;

#[derive(Clone, Copy, Debug)]
enum Length {
    Fixed(usize),
    Chunked,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    bytes: usize,
    status: u16,
    length: Length,
    closes: bool,
}

/// One response.
#[derive(Debug, PartialEq, Eq)]
pub struct Response<'a> {
    /// Its status code.
    pub status: u16,
    /// The server will close the connection after it.
    pub closes: bool,
    /// Its body.
    pub body: &'a [u8],
}

/// Bytes that came in and were not yet taken.
#[derive(Debug, Default)]
pub struct Responses {
    buffer: BytesMut,
    /// The head of the response whose body is not complete, so that it is read once.
    head: Option<Head>,
    /// What the response given out last takes up.
    used: usize,
    /// Its body, if it came in chunks.
    joined: Vec<u8>,
}

fn read_head(bytes: &[u8]) -> Result<Option<Head>, String> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(bytes).map_err(|error| format!("the answer is not HTTP: {error}"))? {
        httparse::Status::Partial => return Ok(None),
        httparse::Status::Complete(length) => length,
    };
    let status = response.code.unwrap_or(0);
    let has_no_body = status < 200 || status == 204 || status == 304;
    let mut head =
        Head { bytes: length, status, length: Length::Fixed(0), closes: response.version == Some(0) };
    let mut is_delimited = has_no_body;
    for header in response.headers.iter() {
        let value = std::str::from_utf8(header.value).unwrap_or("").trim();
        if header.name.eq_ignore_ascii_case("content-length") {
            let length = value.parse().ok().filter(|length| *length <= MAX_BODY);
            head.length = Length::Fixed(length.ok_or_else(|| format!("an answer of {value} bytes"))?);
            is_delimited = true;
        } else if header.name.eq_ignore_ascii_case("transfer-encoding")
            && value.eq_ignore_ascii_case("chunked")
        {
            head.length = Length::Chunked;
            is_delimited = true;
        } else if header.name.eq_ignore_ascii_case("connection") {
            head.closes = value.eq_ignore_ascii_case("close");
        }
    }
    if !is_delimited {
        return Err("the answer does not say how long it is".to_owned());
    }
    if has_no_body {
        head.length = Length::Fixed(0);
    }
    Ok(Some(head))
}

/// Joins the chunks of a body: how many bytes they take up, once all are there.
fn join(bytes: &[u8], joined: &mut Vec<u8>) -> Result<Option<usize>, String> {
    joined.clear();
    let mut at = 0;
    loop {
        let (line, size) = match httparse::parse_chunk_size(&bytes[at..])
            .map_err(|_| "a chunk without its size")?
        {
            httparse::Status::Partial => return Ok(None),
            httparse::Status::Complete((line, size)) => (line, usize::try_from(size).unwrap_or(usize::MAX)),
        };
        if size > MAX_BODY {
            return Err("a chunk beyond measure".to_owned());
        }
        at += line;
        if size == 0 {
            // No trailers: the server has none.
            return Ok((bytes.len() >= at + 2).then_some(at + 2));
        }
        let Some(chunk) = bytes.get(at..at + size + 2) else {
            return Ok(None);
        };
        joined.extend_from_slice(&chunk[..size]);
        at += size + 2;
    }
}

impl Responses {
    /// Where the connection's bytes go.
    pub fn buffer(&mut self) -> &mut BytesMut {
        self.let_go();
        &mut self.buffer
    }

    /// Forgets everything: the next bytes are of another connection.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.head = None;
        self.used = 0;
    }

    fn let_go(&mut self) {
        self.buffer.advance(std::mem::take(&mut self.used));
    }

    /// The next response, if it has come in whole.
    ///
    /// # Errors
    /// What came in is not a response; the connection is of no more use.
    pub fn take(&mut self) -> Result<Option<Response<'_>>, String> {
        self.let_go();
        let (head, body) = loop {
            let head = match self.head {
                Some(head) => head,
                None => match read_head(&self.buffer)? {
                    Some(head) => *self.head.insert(head),
                    None => return Ok(None),
                },
            };
            let body = match head.length {
                Length::Fixed(length) => (self.buffer.len() >= head.bytes + length).then_some(length),
                Length::Chunked => join(&self.buffer[head.bytes..], &mut self.joined)?,
            };
            let Some(body) = body else { return Ok(None) };
            self.head = None;
            if head.status >= 200 {
                break (head, body);
            }
            // An interim response: the real one follows.
            self.buffer.advance(head.bytes);
        };
        self.used = head.bytes + body;
        let body = match head.length {
            Length::Fixed(_) => &self.buffer[head.bytes..self.used],
            Length::Chunked => &self.joined,
        };
        Ok(Some(Response { status: head.status, closes: head.closes, body }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: &[u8] =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nfirst\
        HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nseco\r\n2\r\nnd\r\n0\r\n\r\n\
        HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

    #[test]
    fn responses_come_one_after_the_other_however_the_bytes_are_cut() {
        for cut in 1..THREE.len() {
            let mut responses = Responses::default();
            let mut got = Vec::new();
            for piece in THREE.chunks(cut) {
                responses.buffer().extend_from_slice(piece);
                while let Some(response) = responses.take().unwrap() {
                    got.push((
                        response.status,
                        response.closes,
                        String::from_utf8_lossy(response.body).into_owned(),
                    ));
                }
            }
            let want = [(201, false, "first"), (200, false, "second"), (204, true, "")];
            assert_eq!(
                got,
                want.map(|(status, closes, body)| (status, closes, body.to_owned())),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn what_is_no_response_is_refused() {
        let problem = |bytes: &[u8]| {
            let mut responses = Responses::default();
            responses.buffer().extend_from_slice(bytes);
            responses.take().unwrap_err()
        };
        assert!(problem(b"SSH-2.0-OpenSSH\r\n").contains("not HTTP"));
        assert!(problem(b"HTTP/1.1 200 OK\r\n\r\n").contains("how long"));
        assert!(problem(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n").contains("bytes"));
    }
}
