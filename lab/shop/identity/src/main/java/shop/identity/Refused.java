package shop.identity;

/** Wrong credentials, or a session that has ended. Which one is not said. */
class Refused extends RuntimeException {}
