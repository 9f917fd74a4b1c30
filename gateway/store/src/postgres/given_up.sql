-- What format 5 has beside format 4: notices that were given up are found by their flow. They wait for people, and hold its days back.
CREATE INDEX notice_given_up ON notice (flow) WHERE outcome = 2;
