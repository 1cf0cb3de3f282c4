"""The client side: one session to an org, and the conversations that go over it."""
