use rps_plugin_abi::point;

use super::{Registrar, text};
use crate::error::Error;

/// A function that machine code calls directly: `extern "C"`, of at most four numbers. A panic in it ends the process, as
/// nothing is there to catch it.
///
/// Its signature is made of its type, so that the two can not differ.
pub trait NativeFunction: Copy + Send + Sync + 'static {
    /// Returns its signature, such as `f64(f64,f64)`.
    fn signature() -> String;
    /// Returns it as a function of no particular type.
    fn address(self) -> unsafe extern "C" fn();
}

/// A type that crosses into compiled code.
trait Native {
    const NAME: &'static str;
}

macro_rules! natives {
    ($($type:ty => $name:literal),* $(,)?) => {
        $(impl Native for $type {
            const NAME: &'static str = $name;
        })*
    };
}

natives!(i8 => "i8", i16 => "i16", i32 => "i32", i64 => "i64", f32 => "f32", f64 => "f64", () => "void");

macro_rules! functions {
    ($($($argument:ident)*;)*) => {
        $(
            #[allow(private_bounds, reason = "which types cross is not the author's to say")]
            impl<R, $($argument),*> NativeFunction for extern "C" fn($($argument),*) -> R
            where
                R: Native + 'static,
                $($argument: Native + 'static,)*
            {
                fn signature() -> String {
                    let arguments: &[&str] = &[$($argument::NAME),*];
                    format!("{}({})", R::NAME, arguments.join(","))
                }

                fn address(self) -> unsafe extern "C" fn() {
                    // SAFETY: it is a function; whoever calls it makes what its signature says of it before.
                    unsafe { core::mem::transmute(self) }
                }
            }
        )*
    };
}

functions! {
    ;
    A;
    A B;
    A B C;
    A B C D;
}

impl Registrar<'_> {
    /// Registers a function that programs call by its name, and machine code directly: with numbers as they are, and nothing
    /// in between that costs time.
    ///
    /// It has no [`Call`](crate::Call): it knows its arguments only, and cannot fail. What is given must be of its types, else
    /// it is not called (`run::wrong-kind`). It should return soon, as nothing can stop it and collections wait for it.
    ///
    /// ```
    /// # use rps_plugin::{Error, Registrar};
    /// extern "C" fn hypot(x: f64, y: f64) -> f64 {
    ///     x.hypot(y)
    /// }
    /// # fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    /// registrar.intrinsic("geo_fast_hypot", hypot as extern "C" fn(f64, f64) -> f64)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn intrinsic<F: NativeFunction>(&mut self, name: &str, function: F) -> Result<(), Error> {
        let interface = point::Intrinsic {
            struct_size: size_of::<point::Intrinsic>() as u32,
            flags: 0,
            signature: text(&F::signature())?,
            address: Some(function.address()),
        };
        self.add(point::INTRINSIC, name, 1, interface, ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rps_45_the_signature_is_that_of_the_type() {
        assert_eq!(<extern "C" fn(f64, i64) -> f64>::signature(), "f64(f64,i64)");
        assert_eq!(<extern "C" fn()>::signature(), "void()");
    }
}
