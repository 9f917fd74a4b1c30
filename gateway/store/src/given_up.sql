-- What format 6 has beside format 5: notices that were given up are found by their flow. They wait for people, and hold its days back.
CREATE INDEX notice_given_up ON notice (flow) WHERE outcome = 2;
