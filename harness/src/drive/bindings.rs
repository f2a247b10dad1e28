//! Which symbol stands for what was really sent. One to one, and written once: a token that shows up under two symbols, or a symbol that is
//! met by two strings, is a divergence in itself, so that mix-ups need no rule of their own.

use std::collections::HashMap;
use std::fmt;

use crate::servers::Secret;
use crate::trace::{Access, Code, Refresh, Token};

/// Whatever has a symbol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Symbol {
    Code(Code),
    Refresh(Refresh),
    Access(Access),
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => code.fmt(f),
            Self::Refresh(token) => token.fmt(f),
            Self::Access(token) => token.fmt(f),
        }
    }
}

/// The bindings of one trace. Looked up, or told in the order of names, so that the order of a hash is seen by nobody.
#[derive(Clone, Default)]
pub(super) struct Bindings {
    secrets: HashMap<Symbol, Secret, foldhash::fast::FixedState>,
    symbols: HashMap<Secret, Symbol, foldhash::fast::FixedState>,
}

impl Bindings {
    /// Binds a symbol to what was sent for it, or finds out why it cannot be bound to that.
    pub(super) fn bind(&mut self, symbol: Symbol, secret: &Secret) -> Result<(), String> {
        match (self.secrets.get(&symbol), self.symbols.get(secret)) {
            (Some(bound), _) if bound == secret => Ok(()),
            (Some(_), Some(other)) => Err(format!("it is {other} where {symbol} should be")),
            (Some(_), None) => Err(format!("it is one never seen before where {symbol} should be")),
            (None, Some(other)) => Err(format!("{symbol} should be new, and is {other} again")),
            (None, None) => {
                self.secrets.insert(symbol, secret.clone());
                self.symbols.insert(secret.clone(), symbol);
                Ok(())
            }
        }
    }

    /// Every token that was sent, in the order of their names.
    pub(super) fn tokens(&self) -> impl Iterator<Item = (Token, &Secret)> {
        let mut all: Vec<_> = self
            .secrets
            .iter()
            .filter_map(|(symbol, secret)| match symbol {
                Symbol::Code(_) => None,
                Symbol::Refresh(token) => Some((Token::Refresh(*token), secret)),
                Symbol::Access(token) => Some((Token::Access(*token), secret)),
            })
            .collect();
        all.sort_by_key(|(token, _)| *token);
        all.into_iter()
    }

    /// What was sent for a token.
    pub(super) fn token(&self, token: Token) -> Option<&Secret> {
        self.secrets.get(&match token {
            Token::Access(token) => Symbol::Access(token),
            Token::Refresh(token) => Symbol::Refresh(token),
        })
    }
}
