//! What the fork server, a walker or a newcomer answers.

use super::message::message;
use super::word::Word;

message! {
    /// The fork server's answer, to a start as to a request; and a walker's or a maker's, when it has walked.
    Reply {
        /// For a start or a walk: the step that failed; for a request: the [`Stage`](super::Stage) that did.
        step: u32,
        /// 0 for success.
        errno: u32,
        /// The pid of PID 1, of the command or of the walker, in the caller's pid namespace.
        pid: i32,
    }
}

message! {
    /// What a newcomer reports when it cannot become its command; nothing at all means that it has.
    Report {
        /// The [`Stage`](super::Stage) that failed.
        stage: u32,
        /// Why.
        errno: u32,
    }
}

#[cfg(test)]
mod tests {
    use super::Reply;

    #[test]
    fn messages_survive_the_wire() {
        let reply = Reply {
            step: 7,
            errno: 2,
            pid: -1,
        };
        assert_eq!(Reply::BYTES, 12);
        assert_eq!(Reply::decode(reply.encode()), Some(reply));
    }
}
