SELECT current_setting('threads'), getenv('HOME'), nextval('s')
