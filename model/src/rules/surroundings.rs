//! What holds of everything around the three roles: the network, the clock, a thief, and that nothing happens unasked.

use super::Room::{Fault, Property, Reference};
use super::register;

register! {
    NOTHING_UNASKED = "nothing-unasked", "nothing else happens at this moment", "the policy",
        guarded ["lib::enabled"],
        broken_by [
            "a late refresh answer is stored after sign-out",
            "a late refresh answer overwrites a newer session",
            "the lock is taken without asking",
            "a failure clears the session",
            "an access token close to its expiry is not refreshed"
        ],
        missing [(Property, "what nobody may do is no step of the model"), (Reference, "it is about what nobody does")];
    DELIVERED_OR_LOST = "delivered-or-lost", "a message is delivered once or lost, and its sender cannot tell which way it was lost",
        "RFC 9110 section 9.2.2",
        guarded ["network::lose"],
        missing [(Reference, OF_THE_HARNESS), (Fault, OF_THE_HARNESS)];
    ONE_CLOCK = "one-clock", "time passes for everything at once, and only a backend with a leeway allows for more",
        "RFC 7519 section 4.1.4",
        guarded ["clock::wait"],
        missing [(Property, "it is no promise: clocks that differ are the leeway's matter"), (Fault, OF_THE_HARNESS)];
    THIEF_COPIES_SESSION = "thief-copies-session", "a thief may copy the stored session, and present it when they please",
        "RFC 9700 section 3, RFC 9700 section 4.14",
        guarded ["thief::copy_session"],
        missing [(Reference, OF_THE_HARNESS), (Fault, OF_THE_HARNESS)];
    THIEF_COPIES_CODE = "thief-copies-code", "a thief may copy a code on its way, and has not its verifier",
        "RFC 9700 section 3, RFC 7636 section 1",
        guarded ["thief::copy_code"],
        missing [(Reference, OF_THE_HARNESS), (Fault, OF_THE_HARNESS)];
}

const OF_THE_HARNESS: &str = "the harness plays it, whatever it drives";
